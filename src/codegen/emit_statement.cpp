// Statements without loops. Temporaries of a statement are free for the next one.
#include "base/match.h"
#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "codegen/split_body.h"
#include "sema/settled_branch.h"

namespace sonde::codegen {

void Emitter::emit(const ast::Block &block) {
  Temporaries variables(*this);
  sema::GuardedBranch behind(guards_, {});
  std::vector<Statements> parts{block.statements};
  if (frame_.loops.empty())
    parts = split_body(block.statements, unit_, kernel().version(), module_.rolls_loops(), frame_.part_depth);
  bool goes_on = true;
  for (size_t i = 0; i < parts.size() && goes_on; ++i)
    goes_on = parts.size() == 1 ? emit_statements(parts[i], behind) : emit_part(parts[i], behind);
}

bool Emitter::emit_statements(Statements statements, sema::GuardedBranch &behind) {
  for (const ast::Statement &statement : statements) {
    emit(statement);
    if (sema::kernel_leaves(statement, unit_))
      return false;
    behind.add(sema::guards_behind(statement, unit_, analysis_.questions));
  }
  return true;
}

void Emitter::emit(const ast::Statement &statement) {
  locate(statement.where);
  statement_where_ = statement.where;
  // What it declares outlives its temporaries.
  if (const auto *let = std::get_if<ast::Let>(&statement.node))
    allocate_variable(let);
  else if (const auto *assign = std::get_if<ast::Assign>(&statement.node))
    allocate_variable(assign);
  Temporaries temporaries(*this);
  match(statement.node, [&](const auto &node) { emit(node); });
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

void Emitter::assign_variable(uint32_t variable, llvm::Value *value, const Type &from) {
  store_value(value, from, variable_address(variable), unit_.variables[variable].type);
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
    llvm::Value *key = map_key(index, map_node.key.get());
    if (spec.is_scalar() || !analysis_.map_uses[index].is_deleted) {
      update_entry(index, key, [&](llvm::Value *) { return fresh; });
      return;
    }
    // What is deleted each time is not there when it is set: a look-up would be in vain.
    llvm::Value *memory = allocate(spec.value.size);
    ir_.CreateStore(fresh, memory);
    set_entry(index, key, memory);
    return;
  }
  // Built aside: it may read the very entry that it replaces.
  if (llvm::Value *string = spec.has_task_slots ? word_ended(*node.value, spec.value) : nullptr) {
    llvm::Value *key = map_key(index, map_node.key.get());
    set_entry(index, key, string, /*is_word_ended=*/true);
    return;
  }
  llvm::Value *fresh = allocate(spec.stored_size(), spec.is_scalar() ? 8 : spec.value.alignment());
  store(*node.value, fresh, spec.value);
  if (spec.is_scalar()) {
    zero(offset(fresh, spec.value.size), spec.set_word_offset() - spec.value.size);
    mark_assigned(index, fresh);
  }
  llvm::Value *key = map_key(index, map_node.key.get());
  set_entry(index, key, fresh);
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
  if (auto taken = sema::settled_branch(node, unit_)) {
    if (*taken)
      emit(**taken);
    return;
  }
  std::function<void()> otherwise;
  if (node.otherwise)
    otherwise = [&] {
      sema::GuardedBranch guarded = guarded_by(*node.condition, false);
      emit(*node.otherwise);
    };
  branch(
      condition(*node.condition),
      [&] {
        sema::GuardedBranch guarded = guarded_by(*node.condition, true);
        emit(node.then);
      },
      otherwise);
}

void Emitter::emit(const ast::Return &node) {
  if (node.value && !info(*node.value).type.is_none()) {
    llvm::Value *result = value(*node.value);
    if (frame_.result)
      ir_.CreateStore(ir_.CreateZExtOrTrunc(result, frame_.function->getReturnType()), frame_.result);
  }
  return_from_program();
}

// Scalars become registers in LLVM's first pass. They start as zero, so that a path without an
// assignment is defined too.
llvm::Value *Emitter::variable_address(uint32_t variable) {
  if (is_shared_[variable])
    return offset(scratch_memory(), shared_place_[variable]);
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

// Memory for what the node of a statement declares, until the end of the block. It is not cleared: a declaration that
// gives no value does that itself.
void Emitter::allocate_variable(const void *declaring) {
  auto found = unit_.declared.find(declaring);
  if (found != unit_.declared.end())
    allocate_variable(found->second);
}

void Emitter::allocate_variable(uint32_t variable) {
  const Type &type = unit_.variables[variable].type;
  if (type.is_none())
    return;  // declared and never used
  if (is_shared_[variable]) {
    shared_place_[variable] = scratch_used_;
    allocate_scratch(type.size);
  } else if (!type.is_scalar()) {
    frame_.variables[variable] = allocate(type.size, type.alignment());
  }
}

// Those that last as long as the program may be read before they are assigned.
void Emitter::allocate_kept_variables() {
  for (uint32_t i = 0; i < unit_.variables.size(); ++i) {
    const sema::VariableInfo &variable = unit_.variables[i];
    if (variable.lifetime != sema::Lifetime::Probe || variable.type.is_none())
      continue;
    allocate_variable(i);
    zero(variable_address(i), variable.type.size);
  }
}

}  // namespace sonde::codegen
