// Programs that others may interrupt on the same CPU and then run to their end: from 5.12 on those of uprobes, where
// the scheduler switches from one process to another in the middle of a program, if the kernel is preemptible or the
// program waits for memory.
//
// Two things that a CPU has only once would then be used by two. Values of per-CPU maps: they are added to by one
// instruction; extremes and time series, which take several, hold on to the CPU where the kernel has a function for
// that (6.10 on), and before may lose a write of a kernel that is preemptible. And the stack: from 6.13 on the kernel
// gives programs of 64 bytes of stack and more a piece of memory for each CPU instead of the task's, believing that
// nothing of their type is preempted. Keys of one process end up under another, and spilled pointers crash the kernel
// (open-telemetry/opentelemetry-ebpf-instrumentation#3056). The verifier's private stacks are not for programs with
// tail calls, and it looks for these before it knows what runs.
//
//   entry:  if (0 != 0) { tail_call(); return 0 }      which the verifier removes
#include <llvm/IR/MDBuilder.h>

#include "codegen/emitter.h"
#include "codegen/kernel_function.h"
#include "codegen/module_builder.h"
#include "kernel/preemption.h"
#include "kernel/requirements.h"

namespace sonde::codegen {

bool Emitter::may_be_preempted() {
  if (!unit_.context.may_wait)
    return false;
  return !kernel().is_the_one() || (kernel().version() >= kernel::kAtomicExchange && kernel::kernel_is_preemptible());
}

void Emitter::keep_to_stack_of_task() {
  bool has_private_stacks = !kernel().is_the_one() || kernel().version() >= kernel::kPrivateStacks;
  if (!unit_.context.may_wait || !has_private_stacks)
    return;
  llvm::BasicBlock *never = block("never"), *start = block("start");
  llvm::Value *is_reached = ir_.CreateICmpNE(opaque(constant(0)), constant(0));
  ir_.CreateCondBr(is_reached, never, start, llvm::MDBuilder(module_.context()).createBranchWeights(1, 1 << 20));
  ir_.SetInsertPoint(never);
  helper(Helper::TailCall, {});
  ir_.CreateBr(frame_.exit);
  ir_.SetInsertPoint(start);
}

void Emitter::add_on_this_cpu(llvm::Value *address, llvm::Value *amount) {
  if (may_be_preempted()) {
    ir_.CreateAtomicRMW(llvm::AtomicRMWInst::Add, address, amount, llvm::Align(8), llvm::AtomicOrdering::Monotonic);
    return;
  }
  llvm::Value *before = ir_.CreateLoad(ir_.getInt64Ty(), address);
  ir_.CreateStore(ir_.CreateAdd(before, amount), address);
}

void Emitter::change_on_this_cpu(const std::function<void()> &body) {
  constexpr const char *kHold = "bpf_preempt_disable", *kRelease = "bpf_preempt_enable";
  bool holds = may_be_preempted() && kernel().programs_may_call(kHold, "uprobe");
  if (holds)
    call_kernel_function(*this, {kHold, false, {}, {}}, {});
  body();
  if (holds)
    call_kernel_function(*this, {kRelease, false, {}, {}}, {});
}

}  // namespace sonde::codegen
