// Unary, binary, increment and decrement.
#include <algorithm>

#include "sema/arithmetic.h"
#include "sema/kernel_questions.h"
#include "sema/settled_comparison.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

std::string quoted(ast::BinaryOp op) { return fmt::format("'{}'", ast::symbol(op)); }

// Values of such types are equal when their bytes are.
bool has_plain_bytes(const Type &type) {
  switch (type.kind) {
  case TypeKind::String:
  case TypeKind::Inet:
  case TypeKind::MacAddress: return true;
  case TypeKind::Array: return has_plain_bytes(*type.element);
  case TypeKind::Tuple:
    return std::all_of(type.layout->fields.begin(), type.layout->fields.end(),
                       [](const Field &field) { return has_plain_bytes(field.type); });
  default: return type.is_scalar();
  }
}

// A literal, maybe with a sign.
bool is_written_out(const ast::Expr &expr) {
  const auto *unary = std::get_if<ast::Unary>(&expr.node);
  const ast::Expr &literal = unary && unary->op == ast::UnaryOp::Negate ? *unary->operand : expr;
  return std::holds_alternative<ast::Integer>(literal.node) || std::holds_alternative<ast::String>(literal.node);
}

bool fold_texts(ast::BinaryOp op, std::string_view left, std::string_view right) {
  switch (op) {
  case ast::BinaryOp::Less: return left < right;
  case ast::BinaryOp::LessEqual: return left <= right;
  case ast::BinaryOp::Greater: return left > right;
  case ast::BinaryOp::GreaterEqual: return left >= right;
  default: return (left == right) == (op == ast::BinaryOp::Equal);
  }
}

// "a uint8 is a number from 0 to 255"
std::string range_text(const Type &type) {
  if (type.kind == TypeKind::Bool)
    return "a bool is 0 or 1";
  uint32_t unused = 64 - 8 * type.size;
  if (type.is_signed)
    return fmt::format("{} is a number from {} to {}", a_type(type), INT64_MIN >> unused, INT64_MAX >> unused);
  return fmt::format("{} is a number from 0 to {}", a_type(type), UINT64_MAX >> unused);
}

}  // namespace

void TypeChecker::check_node(const ast::Unary &unary, const ast::Expr &expr, ExprInfo &info) {
  switch (unary.op) {
  case ast::UnaryOp::Dereference: check_dereference(unary, expr, info); return;
  case ast::UnaryOp::AddressOf: check_address_of(unary, expr, info); return;
  case ast::UnaryOp::LogicalNot: condition(*unary.operand); break;
  case ast::UnaryOp::Negate:
  case ast::UnaryOp::BitNot: integer(*unary.operand, fmt::format("'{}'", ast::symbol(unary.op))); break;
  }
  const ExprInfo &operand = info_of(*unary.operand);
  if (!acts_as_integer(operand.type))
    return;
  info.type = unary_type(unary.op, operand);
  if (operand.constant)
    info.constant = fold(unary.op, operand, info.type);
}

void TypeChecker::check_node(const ast::Binary &binary, const ast::Expr &expr, ExprInfo &info) {
  if (is_logical(binary.op)) {
    check_logic(binary, info);
    return;
  }
  value(*binary.left);
  value(*binary.right);
  if (is_comparison(binary.op))
    check_comparison(binary, expr, info);
  else
    check_arithmetic(binary.op, *binary.left, *binary.right, expr.where, info);
}

// What the kernel at hand keeps from being evaluated need not make sense.
void TypeChecker::check_logic(const ast::Binary &binary, ExprInfo &info) {
  bool is_and = binary.op == ast::BinaryOp::LogicalAnd;
  const ExprInfo &left = condition(*binary.left);
  info.type = Type::boolean();
  if (std::optional<bool> known = kernel_decides(*binary.left, *unit_); known && *known != is_and) {
    info.constant = *known;
    return;
  }
  check_branch(*binary.left, is_and, [&] { condition(*binary.right); });
  const ExprInfo &right = info_of(*binary.right);
  if (left.constant && right.constant)
    info.constant = fold(binary.op, left, right);
}

// The result is a bool whatever is wrong with the sides: nothing more to say about it later.
void TypeChecker::check_comparison(const ast::Binary &binary, const ast::Expr &expr, ExprInfo &info) {
  const ExprInfo &left = info_of(*binary.left), &right = info_of(*binary.right);
  info.type = Type::boolean();
  if (left.type.is_none() || right.type.is_none() || check_probe_comparison(binary, info))
    return;
  warn_of_settled_comparison(binary, expr.where);
  if (check_text_comparison(binary, expr, info))
    return;
  if (acts_as_integer(left.type) && acts_as_integer(right.type)) {
    if (left.constant && right.constant)
      info.constant = fold(binary.op, left, right);
    else
      warn_of_signs(binary, expr.where);
    return;
  }
  if (!check_object_comparison(binary.op, left.type, right.type))
    error(expr.where,
          fmt::format("{} cannot compare {} with {}", quoted(binary.op), a_type(left.type), a_type(right.type)));
}

void TypeChecker::warn_of_settled_comparison(const ast::Binary &binary, Location where) {
  const ExprInfo &left = info_of(*binary.left), &right = info_of(*binary.right);
  std::optional<bool> always = settled_comparison(binary.op, left, right);
  // What a macro asks in general may be settled in one of its uses, and so may what options and parameters decide.
  bool left_is_known = left.constant || left.text;
  if (!always || reporter_.is_inside_macro() || !is_written_out(left_is_known ? *binary.left : *binary.right))
    return;
  const ExprInfo &known = left_is_known ? left : right, &other = left_is_known ? right : left;
  Diagnostic &report = warning(where, fmt::format("this is always {}", *always ? "true" : "false"));
  if (known.text)
    report.with_hint(fmt::format("{} has room for {} characters, but this text has {}", a_type(stored_type(other.type)),
                                 stored_type(other.type).size - 1, known.text->size()));
  else
    report.with_hint(range_text(other.type));
}

void TypeChecker::warn_of_signs(const ast::Binary &binary, Location where) {
  const ExprInfo &left = info_of(*binary.left), &right = info_of(*binary.right);
  bool is_order = binary.op != ast::BinaryOp::Equal && binary.op != ast::BinaryOp::NotEqual;
  auto is_large = [](const ExprInfo &side) {
    return side.type.is_integer() && !side.type.is_signed && side.type.size == 8 && !side.constant;
  };
  auto may_be_negative = [&](const ExprInfo &side) {
    // A variable that is only given literals takes either sign.
    bool is_flexible = side.variable != kNoIndex && slot(side.variable).takes_any_integer;
    return side.type.is_integer() && side.type.is_signed && !is_natural_constant(side) && !is_flexible;
  };
  bool is_mixed = (is_large(left) && may_be_negative(right)) || (may_be_negative(left) && is_large(right));
  if (is_order && is_mixed)
    warning(where, fmt::format("{} and {} are compared as signed numbers", a_type(left.type), a_type(right.type)))
        .with_hint("a cast of one side makes both alike");
}

bool TypeChecker::check_probe_comparison(const ast::Binary &binary, ExprInfo &info) {
  const ExprInfo &left = info_of(*binary.left), &right = info_of(*binary.right);
  bool left_is = left.type.kind == TypeKind::ProbeName;
  const ExprInfo &other = left_is ? right : left;
  bool is_equality = binary.op == ast::BinaryOp::Equal || binary.op == ast::BinaryOp::NotEqual;
  if (left_is == (right.type.kind == TypeKind::ProbeName) || !is_equality || !other.text || !other.type.is_string())
    return false;
  states_[unit_index_].compares_target_name = true;
  if (unit_->targets.size() == 1)
    info.constant = (unit_->targets.front().name == *other.text) == (binary.op == ast::BinaryOp::Equal);
  return true;
}

bool TypeChecker::check_object_comparison(ast::BinaryOp op, const Type &left, const Type &right) const {
  std::optional<Type> common = unify(left, right);
  return (op == ast::BinaryOp::Equal || op == ast::BinaryOp::NotEqual) && common && has_plain_bytes(*common);
}

// True when one side is text, whether the comparison is right or reported.
bool TypeChecker::check_text_comparison(const ast::Binary &binary, const ast::Expr &expr, ExprInfo &info) {
  const ExprInfo &left = info_of(*binary.left), &right = info_of(*binary.right);
  bool left_is_text = is_text(left.type), right_is_text = is_text(right.type);
  if (!left_is_text && !right_is_text)
    return false;
  if (left_is_text != right_is_text) {
    Diagnostic &report = error(expr.where, fmt::format("{} cannot compare {} with {}", quoted(binary.op),
                                                       a_type(left.type), a_type(right.type)));
    const ast::Expr &number = left_is_text ? *binary.right : *binary.left;
    const Type &type = left_is_text ? right.type : left.type;
    if (std::holds_alternative<ast::PositionalParameter>(number.node))
      report.with_hint("str($N) gives a parameter as text");
    else if (type.is_pointer() || type.is_integer())
      report.with_hint(type.is_pointer() ? "str(…) reads the string at an address"
                                         : "if the number is an address, str(…) reads the string there");
  } else if (left.text && right.text) {
    info.constant = fold_texts(binary.op, *left.text, *right.text);
  } else if (binary.op != ast::BinaryOp::Equal && binary.op != ast::BinaryOp::NotEqual) {
    error(expr.where, fmt::format("strings can be compared by == and !=, not by {}", ast::symbol(binary.op)));
  }
  return true;
}

void TypeChecker::check_arithmetic(ast::BinaryOp op, const ast::Expr &left, const ast::Expr &right, Location where,
                                   ExprInfo &info) {
  for (const ast::Expr *side : {&left, &right})
    if (ExprInfo &unknown = info_of(*side); is_guessing_ && unknown.type.is_none()) {
      unknown.type = Type::int64();
      unknown.constant = 1;  // takes the sign of the other side, as literals do
    }
  const ExprInfo &a = info_of(left), &b = info_of(right);
  if (check_pointer_arithmetic(op, a, b, where, info))
    return;
  bool left_fits = require_integer(left, quoted(op)), right_fits = require_integer(right, quoted(op));
  if (!left_fits || !right_fits)
    return;
  if (is_division(op) && !check_divisor(op, a, b, right, where))
    return;
  if (is_shift(op) && !check_shift_count(b, right.where))
    return;
  info.type = arithmetic_type(op, a, b);
  if (a.constant && b.constant)
    info.constant = fold(op, a, b);
}

// Pointer plus or minus a number of elements, or the number between two; true when this is it, right or reported.
bool TypeChecker::check_pointer_arithmetic(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right,
                                           Location where, ExprInfo &info) {
  bool is_sum = op == ast::BinaryOp::Add || op == ast::BinaryOp::Subtract;
  bool left_is = left.type.is_pointer(), right_is = right.type.is_pointer();
  if (!is_sum || (!left_is && !right_is) || left.type.is_none() || right.type.is_none())
    return false;
  bool is_distance = op == ast::BinaryOp::Subtract && left_is && left.type == right.type;
  bool is_right = is_distance || (left_is != right_is && (left_is || op == ast::BinaryOp::Add) &&
                                  acts_as_integer(left_is ? right.type : left.type));
  if (!is_right) {
    error(where, fmt::format("{} needs a pointer and an integer, but this is {} and {}", quoted(op), a_type(left.type),
                             a_type(right.type)))
        .with_hint("cast pointers to uint64 to compute with addresses");
    return true;
  }
  const Type &pointer = left_is ? left.type : right.type;
  Type element = pointer.element ? type_names_.complete(*pointer.element, where) : Type::none();
  if (element.size == 0)
    error(where, fmt::format("the size of what {} points to is not known", a_type(pointer)));
  else
    info.type = is_distance ? Type::int64() : pointer;
  return true;
}

bool TypeChecker::check_divisor(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right, const ast::Expr &divisor,
                                Location where) {
  if (right.constant == 0) {
    error(divisor.where, op == ast::BinaryOp::Divide ? "division by zero" : "modulo by zero");
    return false;
  }
  // A 64-bit number without a sign does not fit the signed division that the other side asks for.
  auto is_large = [](const ExprInfo &side) { return !side.type.is_signed && side.type.size == 8 && !side.constant; };
  bool is_mixed = left.type.is_signed != right.type.is_signed && (is_large(left) || is_large(right));
  if (is_mixed && common_integer_type(left, right).is_signed)
    warning(where,
            fmt::format("{} of {} by {} is done with signed numbers",
                        op == ast::BinaryOp::Divide ? "division" : "modulo", a_type(left.type), a_type(right.type)))
        .with_hint("a cast of one side makes both alike");
  return true;
}

bool TypeChecker::check_shift_count(const ExprInfo &count, Location where) {
  if (!count.constant || *count.constant < 64)
    return true;
  error(where,
        fmt::format("shift by {} is out of range: integers have 64 bits", constant_text(*count.constant, count.type)));
  return false;
}

// ++ leaves room to count: the place becomes 64 bits wide. -- makes it signed, as - does.
void TypeChecker::check_node(const ast::IncrementDecrement &node, const ast::Expr &expr, ExprInfo &info) {
  const ast::Expr &target = *node.target;
  std::string symbol = node.increment ? "'++'" : "'--'";
  std::optional<uint32_t> map, variable;
  if (const auto *place = std::get_if<ast::Map>(&target.node))
    map = map_place(*place, target);
  else if (std::holds_alternative<ast::Variable>(target.node) && !value(target).type.is_none())
    variable = info_of(target).variable;
  else if (!std::holds_alternative<ast::Variable>(target.node))
    error(expr.where, symbol + " needs a variable or a map");
  if (!map && !variable)
    return;
  const Slot &held = map ? maps_.state(*map).value : slot(*variable);
  if (held.type.is_pointer()) {
    info.type = info_of(target).type = held.type;  // one element on
    return;
  }
  bool is_number = held.type.is_integer() || held.type.kind == TypeKind::Enum || held.type.is_aggregate();
  if (!held.type.is_none() && !is_number) {
    error(expr.where, fmt::format("{} needs an integer, but this holds {}", symbol, a_type(held.type)));
    return;
  }
  ExprInfo step;
  step.type = Type::integer(64, !node.increment || held.type.is_none() || held.type.is_signed);
  if (node.increment && (held.type.is_none() || held.takes_any_integer))
    step.constant = 1;
  if (map)
    merge_map_value(*map, step.type, step, expr.where);
  else
    merge_variable(*variable, step.type, step, expr.where);
  if (describe(map ? maps_.state(*map).value : slot(*variable), nullptr))
    map ? mark_readers(*map) : check_again(unit_index_);
  info.type = info_of(target).type = map ? readable_type(maps_.spec(*map).value) : slot(*variable).type;
}

}  // namespace sonde::sema
