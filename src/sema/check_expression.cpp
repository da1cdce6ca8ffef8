// Expressions in general, literals, parameters, ternaries and tuples.
#include <charconv>
#include <limits>

#include "base/match.h"
#include "sema/arithmetic.h"
#include "sema/settled_branch.h"
#include "sema/type_checker.h"
#include "types/record.h"

namespace sonde::sema {
const ExprInfo &TypeChecker::value(const ast::Expr &expr) { return check(expr, Use::Value); }

const ExprInfo &TypeChecker::check(const ast::Expr &expr, Use use) {
  ExprInfo &info = info_of(expr);
  info = {};
  checked_[expr.id - unit_->probe->first_expr] = pass_;
  if (const auto *call = std::get_if<ast::Call>(&expr.node))
    check_call(*call, expr, info, use);
  else if (const auto *block = std::get_if<ast::BlockExpr>(&expr.node))
    check_block_value(*block, expr, info, use);
  else
    match(expr.node, [&](const auto &node) { check_node(node, expr, info); });
  return info;
}

void TypeChecker::effect(const ast::Expr &expr) {
  if (std::holds_alternative<ast::Call>(expr.node) || std::holds_alternative<ast::BlockExpr>(expr.node)) {
    check(expr, Use::Effect);
    warn_of_unused_result(expr);
    return;
  }
  const auto *ternary = std::get_if<ast::Ternary>(&expr.node);
  if (ternary && ternary->then) {
    info_of(expr) = {};
    branch_condition(*ternary->condition);
    const ast::Expr *side = settled_side(*ternary, *unit_);
    if (side)
      effect(*side);
    if (side || awaits_types(*ternary->condition))
      return;
    check_branch(*ternary->condition, true, [&] { effect(*ternary->then); });
    check_branch(*ternary->condition, false, [&] { effect(*ternary->otherwise); });
    return;
  }
  bool is_known = !value(expr).type.is_none();
  if (is_known && !is_discarding_ && !std::holds_alternative<ast::IncrementDecrement>(expr.node))
    warning(expr.where, "the value of this expression is not used");
}

// Calls that are made for their value alone.
void TypeChecker::warn_of_unused_result(const ast::Expr &expr) {
  const ExprInfo &info = info_of(expr);
  bool is_call = std::holds_alternative<ast::Call>(expr.node) && info.builtin;
  if (is_call && !is_discarding_ && !info.type.is_none() && !info.builtin->has_effects)
    warning(expr.where, fmt::format("the result of {}() is not used", info.builtin->name));
}

const ExprInfo &TypeChecker::condition(const ast::Expr &expr) {
  const ExprInfo &info = value(expr);
  if (info.type.is_none() || acts_as_integer(info.type))
    return info;
  Diagnostic &report = error(
      expr.where, fmt::format("a condition is an integer, a bool or a pointer, but this is {}", a_type(info.type)));
  if (is_text(info.type))
    report.with_hint("compare it: == \"…\"");
  return info;
}

const ExprInfo &TypeChecker::integer(const ast::Expr &expr, std::string_view user) {
  const ExprInfo &info = value(expr);
  require_integer(expr, user);
  return info;
}

bool TypeChecker::require_integer(const ast::Expr &expr, std::string_view user) {
  const Type &type = info_of(expr).type;
  if (type.is_none())
    return false;
  if (acts_as_integer(type))
    return true;
  error(expr.where, fmt::format("{} needs an integer, but this is {}", user, a_type(type)));
  return false;
}

void TypeChecker::check_node(const ast::Integer &literal, const ast::Expr &, ExprInfo &info) {
  bool fits = literal.value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  info.type = fits ? Type::int64() : Type::uint64();
  info.constant = literal.value;
}

void TypeChecker::check_node(const ast::Boolean &literal, const ast::Expr &, ExprInfo &info) {
  info.type = Type::boolean();
  info.constant = literal.value;
}

void TypeChecker::check_node(const ast::String &literal, const ast::Expr &expr, ExprInfo &info) {
  if (literal.value.size() >= UINT32_MAX) {
    error(expr.where, "this string is too long");
    return;
  }
  info.type = Type::string(static_cast<uint32_t>(literal.value.size() + 1));
  info.text = literal.value;
}

// A parameter is the number it spells, else a string; its text is kept for str($1) either way.
void TypeChecker::check_node(const ast::PositionalParameter &parameter, const ast::Expr &, ExprInfo &info) {
  const std::vector<std::string> &given = options_.positional_parameters;
  if (awaits_parameters()) {
    info.type = Type::int64();
    return;
  }
  bool is_given = parameter.index >= 1 && parameter.index <= given.size();
  info.text = is_given ? given[parameter.index - 1] : std::string();
  std::optional<int64_t> number = is_given ? image::parse_number(*info.text) : 0;
  if (number) {
    info.type = Type::int64();
    info.constant = static_cast<uint64_t>(*number);
  } else {
    info.type = Type::string(static_cast<uint32_t>(info.text->size() + 1));
  }
}

void TypeChecker::check_node(const ast::ParameterCount &, const ast::Expr &, ExprInfo &info) {
  info.type = Type::int64();
  if (!awaits_parameters())
    info.constant = options_.positional_parameters.size();
}

// Programs for other machines are given them there, unless they have them already.
bool TypeChecker::awaits_parameters() const { return !kernel_.is_the_one() && options_.positional_parameters.empty(); }

void TypeChecker::check_node(const ast::Ternary &ternary, const ast::Expr &expr, ExprInfo &info) {
  branch_condition(*ternary.condition);
  if (const ast::Expr *side = settled_side(ternary, *unit_)) {
    const ExprInfo &taken = value(*side);
    info.type = taken.type;
    info.constant = taken.constant;
    info.text = taken.text;
    return;
  }
  if (awaits_types(*ternary.condition))
    return;
  if (ternary.then)
    check_branch(*ternary.condition, true, [&] { value(*ternary.then); });
  check_branch(*ternary.condition, false, [&] { value(*ternary.otherwise); });
  unify_branches(ternary, expr, info);
}

void TypeChecker::unify_branches(const ast::Ternary &ternary, const ast::Expr &expr, ExprInfo &info) {
  const ast::Expr &first = ternary.then ? *ternary.then : *ternary.condition;
  const ExprInfo &then = info_of(first), &otherwise = info_of(*ternary.otherwise);
  if (then.type.is_none() || otherwise.type.is_none()) {
    if (is_guessing_)
      info.type = stored_type(then.type.is_none() ? otherwise.type : then.type);
    return;
  }
  if (then.type.is_integer() && otherwise.type.is_integer()) {
    info.type = then.type == otherwise.type ? then.type : common_integer_type(then, otherwise);
    return;
  }
  auto is_null = [](const ExprInfo &side) { return side.type.is_integer() && side.constant == 0; };
  if (then.type.is_pointer() && is_null(otherwise))
    info.type = then.type;
  else if (otherwise.type.is_pointer() && is_null(then))
    info.type = otherwise.type;
  else if (auto type = unify(stored_type(then.type), stored_type(otherwise.type)))
    info.type = *type;
  else
    error(expr.where, fmt::format("both sides of ':' must be alike, but one is {} and one is {}", a_type(then.type),
                                  a_type(otherwise.type)));
}

void TypeChecker::check_node(const ast::Tuple &tuple, const ast::Expr &, ExprInfo &info) {
  std::vector<Type> elements;
  bool is_known = true;
  for (const ast::ExprPtr &element : tuple.elements) {
    elements.push_back(kept_type(value(*element), *element));
    is_known = is_known && !elements.back().is_none();
  }
  if (is_known)
    info.type = record_type(std::move(elements), tuple.names);
}

}  // namespace sonde::sema
