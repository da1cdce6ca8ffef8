// Limiting a program to some processes (image::Scope): before anything else it looks who is running.
//
// Process ids given by the user are those of the tracer's pid namespace. Processes that were followed are known by the
// ids of the first namespace, which the kernel has at hand whatever namespace they are in.
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {

using image::ProcessScope;

llvm::Value *Emitter::first_process_id() {
  llvm::Value *both = helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun);
  return ir_.CreateTrunc(ir_.CreateLShr(both, 32), ir_.getInt32Ty());
}

llvm::Value *Emitter::process_id() {
  std::optional<kernel::PidNamespace> space = kernel().pid_namespace();
  if (!space)
    return first_process_id();
  return load(offset(ids_in_namespace(*space), 4), Type::integer(32, false));
}

// struct bpf_pidns_info
llvm::Value *Emitter::ids_in_namespace(const kernel::PidNamespace &space) {
  llvm::Value *ids = allocate(8);
  helper(Helper::GetNsCurrentPidTgid, {constant(space.device), constant(space.inode), ids, constant(8)});
  return ids;
}

llvm::Value *Emitter::in_pid_set(llvm::GlobalVariable *set, llvm::Value *pid) {
  llvm::Value *key = allocate(4);
  ir_.CreateStore(pid, key);
  return ir_.CreateIsNotNull(helper(Helper::MapLookupElem, {set, key}));
}

llvm::Value *Emitter::in_traced_processes() {
  switch (analysis_.scope.processes) {
  case ProcessScope::One: {
    llvm::Value *pid = ir_.CreateTrunc(parameter(image::ParameterKind::TracedPid), ir_.getInt32Ty());
    return ir_.CreateICmpEQ(process_id(), pid);
  }
  case ProcessScope::Followed: return in_pid_set(module_.pid_set(image::kFollowedPidsMap), first_process_id());
  case ProcessScope::Listed: return in_pid_set(module_.pid_set(image::kListedPidsMap), process_id());
  case ProcessScope::All: break;
  }
  return ir_.getTrue();
}

void Emitter::ignore_other_processes() {
  const image::Scope &scope = analysis_.scope;
  probes::Scoping scoping = unit_.provider->scoping();
  bool is_of_tasks = scoping == probes::Scoping::ByProgram || scoping == probes::Scoping::ByEvent;
  bool is_done_by_event = scoping == probes::Scoping::ByEvent && scope.processes == ProcessScope::One;
  if (is_of_tasks && scope.processes != ProcessScope::All && !is_done_by_event) {
    llvm::BasicBlock *traced = block("traced");
    llvm::Value *is_traced = in_traced_processes();
    if (scope.processes == ProcessScope::Followed && kernel().pid_namespace()) {
      // A branch for each set: of one condition LLVM would make arithmetic with the results of two lookups, which the
      // verifier does not allow.
      llvm::BasicBlock *unknown = block("not_followed");
      ir_.CreateCondBr(is_traced, traced, unknown);
      ir_.SetInsertPoint(unknown);
      is_traced = in_pid_set(module_.pid_set(image::kListedPidsMap), process_id());
    }
    ir_.CreateCondBr(is_traced, traced, frame_.exit);
    ir_.SetInsertPoint(traced);
  }
  if (is_of_tasks && scope.is_cgroup) {
    // 1, 0, or an error.
    llvm::Value *answer = helper(Helper::CurrentTaskUnderCgroup, {module_.scope_cgroup(), constant(0)});
    llvm::BasicBlock *inside = block("in_cgroup");
    ir_.CreateCondBr(ir_.CreateICmpEQ(ir_.CreateTrunc(answer, ir_.getInt32Ty()), constant(1, 32)), inside, frame_.exit);
    ir_.SetInsertPoint(inside);
  }
}

}  // namespace sonde::codegen
