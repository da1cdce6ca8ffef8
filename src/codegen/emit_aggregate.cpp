// Aggregations read inside a program: one CPU's value after the other, merged into one number.
#include <llvm/IR/Intrinsics.h>

#include <cassert>

#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "kernel/requirements.h"

namespace sonde::codegen {

// What has been merged so far, in stack slots that LLVM turns into registers.
struct Emitter::Merged {
  llvm::Value *value;
  llvm::Value *count;  // Avg, Stats: how many; Min, Max: whether any
};

llvm::Value *Emitter::aggregate_value(uint32_t map, llvm::Value *key) {
  const image::MapSpec &spec = analysis_.maps[map];
  Merged merged = {allocate_counter(), allocate_counter()};
  ir_.CreateStore(constant(0), merged.value);
  ir_.CreateStore(constant(0), merged.count);
  for_each_value(map, key, [&](llvm::Value *entry) { merge_entry(spec.value, entry, merged); });
  llvm::Value *value = load(merged.value, Type::int64());
  bool is_mean = spec.value.kind == TypeKind::Avg || spec.value.kind == TypeKind::Stats;
  if (!is_mean)
    return value;
  return divide(ast::BinaryOp::Divide, value, load(merged.count, Type::int64()), spec.value.is_signed);
}

void Emitter::for_each_value(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body) {
  if (!image::is_per_cpu(analysis_.maps[map].storage)) {
    with_entry(map, key, body);
    return;
  }
  assert(kernel::reads_other_cpus(module_.kernel()) && "sema refuses this on kernels without the helper");
  for_each_cpu(map, key, body);
}

// A loop of as many rounds as the machine has CPUs, which the verifier can count.
void Emitter::for_each_cpu(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body) {
  llvm::Value *cpu = allocate_counter();
  ir_.CreateStore(constant(0), cpu);
  llvm::BasicBlock *head = block("cpu"), *found = block("cpu_value"), *next = block("cpu_next"), *end = block("cpus");
  continue_at(head);
  llvm::Value *number = load(cpu, Type::int64());
  llvm::Value *entry = helper(Helper::MapLookupPercpuElem, {this->map(map), key, number});
  ir_.CreateCondBr(ir_.CreateIsNotNull(entry), found, next);
  ir_.SetInsertPoint(found);
  body(entry);
  continue_at(next);
  llvm::Value *following = ir_.CreateAdd(number, constant(1));
  ir_.CreateStore(following, cpu);
  ir_.CreateCondBr(ir_.CreateICmpULT(following, cpu_count()), head, end);
  ir_.SetInsertPoint(end);
}

void Emitter::merge_entry(const Type &type, llvm::Value *entry, const Merged &merged) {
  llvm::Value *one = load(entry, Type::int64());
  llvm::Value *before = load(merged.value, Type::int64());
  if (type.kind != TypeKind::Min && type.kind != TypeKind::Max) {
    ir_.CreateStore(ir_.CreateAdd(before, one), merged.value);
    if (type.size < 16)
      return;
    llvm::Value *count = load(offset(entry, 8), Type::int64());
    ir_.CreateStore(ir_.CreateAdd(load(merged.count, Type::int64()), count), merged.count);
    return;
  }
  // A CPU without a value must not win with its zero.
  llvm::Value *is_set = ir_.CreateICmpNE(load(offset(entry, 8), Type::int64()), constant(0));
  llvm::Value *is_first = ir_.CreateICmpEQ(load(merged.count, Type::int64()), constant(0));
  using Cmp = llvm::CmpInst;
  auto predicate = type.kind == TypeKind::Min ? (type.is_signed ? Cmp::ICMP_SLT : Cmp::ICMP_ULT)
                                              : (type.is_signed ? Cmp::ICMP_SGT : Cmp::ICMP_UGT);
  llvm::Value *better = ir_.CreateOr(is_first, ir_.CreateICmp(predicate, one, before));
  llvm::Value *take = ir_.CreateAnd(is_set, better);
  ir_.CreateStore(ir_.CreateSelect(take, one, before), merged.value);
  ir_.CreateStore(ir_.CreateSelect(is_set, constant(1), load(merged.count, Type::int64())), merged.count);
}

}  // namespace sonde::codegen
