// Assignments to variables and maps, and let.
#include "sema/arithmetic.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

std::string compound_symbol(ast::BinaryOp op) { return fmt::format("'{}='", ast::symbol(op)); }

}  // namespace

void TypeChecker::check_node(const ast::Assign &assign, const ast::Statement &statement) {
  if (const auto *variable = std::get_if<ast::Variable>(&assign.target->node))
    assign_variable(assign, *variable, statement);
  else if (const auto *map = std::get_if<ast::Map>(&assign.target->node))
    assign_map(assign, *map, statement);
  else
    error(assign.target->where, "only variables and maps can be assigned to");
}

Type TypeChecker::kept_type(const ExprInfo &info, const ast::Expr &expr) {
  return stored_type(type_names_.complete(info.type, expr.where));
}

bool TypeChecker::is_aggregation(const ast::Expr &expr) const {
  const auto *call = std::get_if<ast::Call>(&expr.node);
  const builtins::Builtin *builtin = call ? builtins_.find(call->name).builtin : nullptr;
  return builtin && builtin->form == builtins::Form::Aggregation;
}

void TypeChecker::assign_variable(const ast::Assign &assign, const ast::Variable &variable,
                                  const ast::Statement &statement) {
  ExprInfo result;
  if (assign.op) {
    value(*assign.target);
    result = compound_value(*assign.op, *assign.target, *assign.value, statement.where);
  } else {
    result = value(*assign.value);
    result.type = kept_type(result, *assign.value);
  }
  auto index = find_variable(variable.name);
  if (!index && assign.op)
    return;  // reported as undefined
  // The value was typed first: `$x = $x + 1` is no declaration that reads itself.
  ExprInfo &target = info_of(*assign.target);
  target.variable =
      index ? *index : declare_variable(variable.name, &assign, assign.target->where, Lifetime::FirstBlock);
  if (slot(target.variable).is_declared)
    check_fits(slot(target.variable).type, result, assign.value->where);
  else if (!assign.op)
    warn_of_new_sign(slot(target.variable).type, result, *assign.value);
  merge_variable(target.variable, result.type, result, statement.where);
  if (describe(slot(target.variable), assign.op ? nullptr : assign.value.get()))
    check_again(unit_index_);
  target.type = slot(target.variable).type;
}

void TypeChecker::assign_map(const ast::Assign &assign, const ast::Map &map, const ast::Statement &statement) {
  ExprInfo &target = info_of(*assign.target);
  target = {};
  uint32_t index = map_place(map, *assign.target);
  ExprInfo result;
  if (is_aggregation(*assign.value) && !assign.op) {
    result = check(*assign.value, Use::Aggregation);
  } else if (assign.op) {
    target.type = readable_type(maps_.spec(index).value);
    result = compound_value(*assign.op, *assign.target, *assign.value, statement.where);
  } else {
    result = value(*assign.value);
    result.type = kept_type(result, *assign.value);
  }
  if (!assign.op)
    warn_of_new_sign(maps_.spec(index).value, result, *assign.value);
  merge_map_value(index, result.type, result, statement.where);
  if (describe(maps_.state(index).value, assign.op ? nullptr : assign.value.get()))
    mark_readers(index);
  target.type = maps_.spec(index).value;
}

ExprInfo TypeChecker::compound_value(ast::BinaryOp op, const ast::Expr &target, const ast::Expr &operand,
                                     Location where) {
  ExprInfo result;
  value(operand);
  ExprInfo &held = info_of(target);
  const Slot *place = nullptr;
  if (held.map != kNoIndex)
    place = &maps_.state(held.map).value;
  else if (held.variable != kNoIndex)
    place = &slot(held.variable);
  if (!place)
    return result;
  if (is_text(held.type) || is_text(info_of(operand).type)) {
    error(where, fmt::format("{} works on integers, not on strings", compound_symbol(op)));
    return result;
  }
  // A place that has seen only constants takes the signs of its operand, as a constant would.
  bool adapts = (place->type.is_none() && held.map != kNoIndex) || place->takes_any_integer;
  if (adapts) {
    held.type = Type::int64();
    held.constant = 0;
  }
  check_arithmetic(op, target, operand, where, result);
  held.constant.reset();
  return result;
}

void TypeChecker::check_node(const ast::Let &let, const ast::Statement &statement) {
  ExprInfo initial;
  if (let.value) {
    initial = value(*let.value);
    initial.type = kept_type(initial, *let.value);
  }
  Type declared;
  if (let.type)
    declared = stored_type(type_names_.complete(named_type(*let.type, unit_->context.pointers), let.type->where));
  if (!check_not_declared(let.variable, let.variable_where))
    return;
  uint32_t index = declare_variable(let.variable, &let, let.variable_where, Lifetime::Block);
  if (!declared.is_none()) {
    slot(index).is_declared = true;
    set_variable_type(index, declared);
    has_value_[index] = true;
    if (let.value)
      check_fits(declared, initial, let.value->where);
  }
  if (let.value)
    merge_variable(index, initial.type, initial, statement.where);
  if (let.value)
    describe(slot(index), let.value.get());
}

// A place that is also given negative numbers.
void TypeChecker::warn_of_new_sign(const Type &held, const ExprInfo &value, const ast::Expr &expr) {
  bool is_large = value.type == Type::uint64() && !value.constant;
  if (is_large && held == Type::int64() && !std::holds_alternative<ast::Cast>(expr.node))
    warning(expr.where, "a uint64 is kept as an int64 here: large numbers become negative")
        .with_hint("this is also given a number with a sign; a cast says that both are meant");
}

void TypeChecker::check_fits(const Type &declared, const ExprInfo &value, Location where) {
  bool is_number = declared.is_integer() && value.type.is_integer();
  if (is_number && value.constant && normalized(*value.constant, declared) != *value.constant)
    error(where, fmt::format("{} does not fit {}", constant_text(*value.constant, value.type), a_type(declared)));
  else if (is_number && !value.constant && value.type.size > declared.size)
    warning(where, fmt::format("{} is cut to {}, which may change it", a_type(value.type), a_type(declared)))
        .with_hint(fmt::format("({})… says that this is meant", to_string(declared)));
  if (declared.is_string() && value.text && value.text->size() >= declared.size)
    error(where, fmt::format("this string of {} bytes does not fit {}", value.text->size(), a_type(declared)))
        .with_hint("one byte more is needed for the end");
}

}  // namespace sonde::sema
