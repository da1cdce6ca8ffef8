// Stacks: the kernel walks them and keeps the frames in a stack-trace map; a program handles numbers.
#include "codegen/emitter.h"
#include "codegen/module_builder.h"
#include "types/stack.h"

namespace sonde::codegen {
namespace {

constexpr uint64_t kUserStack = 1 << 8;  // BPF_F_USER_STACK
constexpr int64_t kBucketTaken = -17;    // -EEXIST: another stack has the same hash

}  // namespace

// System calls are served by raw tracepoints, whose stacks begin with the way to the program. perf's would not.
llvm::Value *Emitter::stack_flags(const Type &stack) {
  if (stack.kind == TypeKind::UserStack)
    return constant(kUserStack);
  if (!unit_.context.syscalls)
    return constant(0);
  constexpr uint64_t kSkippedFrames = 0xff;  // BPF_F_SKIP_FIELD_MASK
  return ir_.CreateAnd(parameter(image::ParameterKind::OwnFrames), constant(kSkippedFrames));
}

// first map → second map → lost. Nearly all stacks take the first step alone.
llvm::Value *Emitter::stack(const Type &stack) {
  llvm::Value *id = allocate(8);
  auto ask = [&](bool is_second) {
    return helper(Helper::GetStackId, {context(), module_.stacks(stack, is_second), stack_flags(stack)});
  };
  auto is_taken = [&](llvm::Value *found) {
    return ir_.CreateICmpEQ(found, constant(static_cast<uint64_t>(kBucketTaken)));
  };
  llvm::Value *first = ask(false);
  ir_.CreateStore(first, id);
  branch(is_taken(first), [&] {
    llvm::Value *second = ask(true);
    ir_.CreateStore(ir_.CreateOr(second, constant(kInSecondMap)), id);
    branch(is_taken(second), [&] { count_loss(module_.loss_words().stacks()); });
  });
  llvm::Value *low = ir_.CreateAnd(ir_.CreateLoad(ir_.getInt64Ty(), id), constant(UINT32_MAX));
  if (stack.kind == TypeKind::KernelStack)
    return low;
  // Addresses differ between processes: the value says whose they are.
  llvm::Value *both = helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun);
  return ir_.CreateOr(ir_.CreateAnd(both, constant(uint64_t{UINT32_MAX} << 32)), low);
}

llvm::Value *Emitter::stack_depth(const Type &stack) {
  uint32_t size = stack.count * 8;
  llvm::Value *bytes = helper(Helper::GetStack, {context(), allocate(size), constant(size), stack_flags(stack)});
  llvm::Value *none = ir_.CreateICmpSLT(bytes, constant(0));
  return ir_.CreateSelect(none, constant(0), ir_.CreateLShr(bytes, 3));
}

}  // namespace sonde::codegen
