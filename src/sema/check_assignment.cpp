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
  merge_variable(target.variable, result.type, result, statement.where);
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
  merge_map_value(index, result.type, result, statement.where);
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
    check_initial(declared, initial, let);
  }
  if (let.value)
    merge_variable(index, initial.type, initial, statement.where);
}

void TypeChecker::check_initial(const Type &declared, const ExprInfo &initial, const ast::Let &let) {
  bool is_number = declared.is_integer() && initial.type.is_integer() && initial.constant;
  if (is_number && normalized(*initial.constant, declared) != *initial.constant)
    error(let.value->where,
          fmt::format("{} does not fit {}", constant_text(*initial.constant, initial.type), a_type(declared)));
  if (declared.is_string() && initial.text && initial.text->size() >= declared.size)
    error(let.value->where,
          fmt::format("this string of {} bytes does not fit {}", initial.text->size(), a_type(declared)))
        .with_hint("one byte more is needed for the end");
}

}  // namespace sonde::sema
