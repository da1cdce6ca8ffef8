// Loops within one function: unroll, for over a small range, and what kernels without a helper for
// loops get. The verifier follows them round by round and must see that they end.
//
// All loops test at the bottom, behind a first test: if (c) do { body } while (c). Otherwise LLVM
// lets the last block of the body fall into the first, which 5.10 refuses as a back-edge.
#include <cassert>

#include "codegen/emitter.h"
#include "codegen/loop_form.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {
void Emitter::emit_body(const ast::Block &body, llvm::BasicBlock *next, llvm::BasicBlock *end) {
  frame_.loops.push_back({next, end});
  emit(body);
  frame_.loops.pop_back();
  branch_to(next);
}

void Emitter::emit(const ast::While &node) {
  if (is_called_back(node, unit_, kernel().version())) {
    emit_counted_while(node);
    return;
  }
  llvm::BasicBlock *body = block("while_body"), *next = block("while_next"), *end = block("while_end");
  ir_.CreateCondBr(condition(*node.condition), body, end);
  ir_.SetInsertPoint(body);
  emit_body(node.body, next, end);
  ir_.SetInsertPoint(next);
  locate(node.condition->where);
  ir_.CreateCondBr(condition(*node.condition), body, end);
  ir_.SetInsertPoint(end);
}

// unroll(3) { body } → { body } { body } { body }
void Emitter::emit(const ast::Unroll &node) {
  uint64_t count = info(*node.count).constant.value_or(0);
  if (module_.rolls_loops()) {
    emit_rolled(node.body, count);
    return;
  }
  llvm::BasicBlock *end = block("unroll_end");
  for (uint64_t i = 0; i < count; ++i) {
    llvm::BasicBlock *next = block("unroll_next");
    emit_body(node.body, next, end);
    ir_.SetInsertPoint(next);
  }
  continue_at(end);
}

// unroll(3) { body } → n = 0; do { body } while (++n < 3)
void Emitter::emit_rolled(const ast::Block &body, uint64_t count) {
  llvm::Value *counter = allocate_counter();
  ir_.CreateStore(constant(0), counter);
  llvm::BasicBlock *round = block("unroll_body"), *next = block("unroll_next"), *end = block("unroll_end");
  branch_to(round);
  ir_.SetInsertPoint(round);
  emit_body(body, next, end);
  ir_.SetInsertPoint(next);
  llvm::Value *done = ir_.CreateAdd(load(counter, Type::int64()), constant(1));
  ir_.CreateStore(done, counter);
  ir_.CreateCondBr(ir_.CreateICmpULT(done, constant(count)), round, end);
  ir_.SetInsertPoint(end);
}

void Emitter::emit(const ast::ForRange &node) {
  if (is_called_back(node, unit_, kernel().version())) {
    emit_large_range(node);
    return;
  }
  allocate_variable(&node);
  uint32_t variable = unit_.declared.at(&node);
  const Type &type = unit_.variables[variable].type;
  // The script may assign to its variable without changing how often the loop runs.
  llvm::Value *counter = allocate_counter();
  ir_.CreateStore(value64(*node.begin), counter);
  llvm::Value *last = value64(*node.end);
  llvm::BasicBlock *body = block("for_body"), *next = block("for_next"), *end = block("for_end");
  auto branch_if_more = [&] { ir_.CreateCondBr(ir_.CreateICmpSLT(load(counter, Type::int64()), last), body, end); };
  branch_if_more();
  ir_.SetInsertPoint(body);
  llvm::Value *current = convert(load(counter, Type::int64()), Type::int64(), type);
  ir_.CreateStore(current, variable_address(variable));
  emit_body(node.body, next, end);
  ir_.SetInsertPoint(next);
  ir_.CreateStore(ir_.CreateAdd(load(counter, Type::int64()), constant(1)), counter);
  branch_if_more();
  ir_.SetInsertPoint(end);
}

llvm::Value *Emitter::allocate_counter() {
  llvm::IRBuilder<>::InsertPointGuard guard(ir_);
  ir_.SetInsertPoint(frame_.entry);
  return ir_.CreateAlloca(ir_.getInt64Ty(), nullptr, "counter");
}

void Emitter::emit(const ast::Break &) {
  assert(!frame_.loops.empty());
  ir_.CreateBr(frame_.loops.back().end);
  ir_.SetInsertPoint(block("unreachable"));
}

void Emitter::emit(const ast::Continue &) {
  assert(!frame_.loops.empty());
  ir_.CreateBr(frame_.loops.back().next);
  ir_.SetInsertPoint(block("unreachable"));
}

}  // namespace sonde::codegen
