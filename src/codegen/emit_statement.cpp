// Statements without loops. Temporaries of a statement are free for the next one.
#include "base/match.h"
#include "codegen/emitter.h"

namespace sonde::codegen {

void Emitter::emit(const ast::Block &block) {
  for (const ast::Statement &statement : block.statements)
    emit(statement);
}

void Emitter::emit(const ast::Statement &statement) {
  locate(statement.where);
  // Statements nest: an inner one gives back only what it took itself.
  uint32_t scratch_before = scratch_used_;
  std::vector<StackPiece> outer_stack;
  outer_stack.swap(used_stack_);
  match(statement.node, [&](const auto &node) { emit(node); });
  scratch_used_ = scratch_before;
  free_stack_.insert(free_stack_.end(), used_stack_.begin(), used_stack_.end());
  used_stack_.swap(outer_stack);
}

void Emitter::emit(const ast::ExprStatement &node) {
  const sema::ExprInfo &about = info(*node.expr);
  bool has_value = !about.type.is_none();
  if (has_value && !about.constant)
    value(*node.expr);
  else if (!has_value)
    emit_expression(*node.expr, nullptr);
}

void Emitter::emit(const ast::Assign &node) {
  if (std::holds_alternative<ast::Map>(node.target->node))
    assign_map(*node.target, node);
  else
    assign_variable(*node.target, node);
}

void Emitter::assign_variable(const ast::Expr &target, const ast::Assign &node) {
  uint32_t index = info(target).variable;
  const Type &type = unit_.variables[index].type;
  llvm::Value *address = variable_address(index);
  if (!node.op) {
    store(*node.value, address, type);
    return;
  }
  llvm::Value *right = value_as(*node.value, type.is_pointer() ? Type::int64() : type);
  if (type.is_pointer())
    right = ir_.CreateMul(right, step_of(type));
  store_value(arithmetic(*node.op, load(address, type), right, type), type, address, type);
}

void Emitter::assign_map(const ast::Expr &target, const ast::Assign &node) {
  const auto &map_node = std::get<ast::Map>(target.node);
  uint32_t index = info(target).map;
  const image::MapSpec &spec = analysis_.maps[index];
  const builtins::Builtin *builtin = info(*node.value).builtin;
  if (builtin && builtin->form == builtins::Form::Aggregation) {
    emit_aggregation(target, map_node, *node.value);
    return;
  }
  if (node.op) {
    llvm::Value *right = value_as(*node.value, spec.value);
    llvm::Value *key = map_key(index, map_node.key.get());
    update_entry(index, key, [&](llvm::Value *old) { return arithmetic(*node.op, old, right, spec.value); });
    return;
  }
  if (spec.value.is_scalar()) {
    llvm::Value *fresh = value_as(*node.value, spec.value);
    update_entry(index, map_key(index, map_node.key.get()), [&](llvm::Value *) { return fresh; });
    return;
  }
  // Built aside: it may read the very entry that it replaces.
  llvm::Value *fresh = allocate(spec.stored_size(), spec.is_scalar() ? 8 : spec.value.alignment());
  store(*node.value, fresh, spec.value);
  if (spec.is_scalar()) {
    zero(offset(fresh, spec.value.size), spec.set_word_offset() - spec.value.size);
    mark_assigned(index, fresh);
  }
  llvm::Value *key = map_key(index, map_node.key.get());
  helper(Helper::MapUpdateElem, {map(index), key, fresh, constant(0)});
}

void Emitter::emit_aggregation(const ast::Expr &target, const ast::Map &node, const ast::Expr &value) {
  const sema::ExprInfo &about = info(value);
  const auto *call = std::get_if<ast::Call>(&value.node);
  uint32_t index = info(target).map;
  with_new_entry(index, map_key(index, node.key.get()), [&](llvm::Value *slot) {
    about.builtin->emit(*this, {value, call ? &call->arguments : nullptr, about, slot, index});
  });
}

void Emitter::emit(const ast::Let &node) {
  uint32_t index = unit_.declared.at(&node);
  const Type &type = unit_.variables[index].type;
  if (type.is_none())
    return;  // declared and never used
  llvm::Value *address = variable_address(index);
  if (node.value)
    store(*node.value, address, type);
  else if (type.is_scalar())
    ir_.CreateStore(constant(0, type.size * 8), address);
  else
    zero(address, type.size);
}

void Emitter::emit(const ast::If &node) {
  std::function<void()> otherwise;
  if (node.otherwise)
    otherwise = [&] { emit(*node.otherwise); };
  branch(
      condition(*node.condition), [&] { emit(node.then); }, otherwise);
}

void Emitter::emit(const ast::Return &node) {
  if (node.value && !info(*node.value).type.is_none())
    value(*node.value);
  return_from_program();
}

// Scalars become registers in LLVM's first pass. They start as zero, so that a path without an
// assignment is defined too.
llvm::Value *Emitter::variable_address(uint32_t variable) {
  llvm::Value *&address = frame_.variables[variable];
  if (!address) {
    const sema::VariableInfo &about = unit_.variables[variable];
    llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(frame_.entry);
    address = ir_.CreateAlloca(type_of(about.type), nullptr, about.name);
    ir_.CreateStore(constant(0, about.type.size * 8), address);
  }
  return address;
}

// Memory variables live as long as the program, so they are allocated before the first statement.
// Those that the body assigns first thing on every path need no clearing.
void Emitter::allocate_variables() {
  std::vector<bool> is_assigned(unit_.variables.size());
  for (const ast::Statement &statement : unit_.probe->body.statements)
    if (const auto *assign = std::get_if<ast::Assign>(&statement.node))
      if (std::holds_alternative<ast::Variable>(assign->target->node))
        is_assigned[info(*assign->target).variable] = true;
  for (uint32_t i = 0; i < unit_.variables.size(); ++i) {
    const Type &type = unit_.variables[i].type;
    if (type.is_none() || type.is_scalar())
      continue;
    frame_.variables[i] = allocate(type.size, type.alignment());
    if (!is_assigned[i])
      zero(frame_.variables[i], type.size);
  }
  used_stack_.clear();
}

}  // namespace sonde::codegen
