// Limiting a program to some processes (image::Scope): before anything else it looks who is running.
//
// Process ids given by the user are those of the tracer's pid namespace. Processes that were followed are known by the
// ids of the first namespace, which the kernel has at hand whatever namespace they are in.
#include "codegen/emitter.h"
#include "codegen/module_builder.h"

namespace sonde::codegen {

using image::ProcessScope;

llvm::Value *Emitter::first_id(Id id) {
  llvm::Value *both = helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun);
  return ir_.CreateTrunc(id == Id::Process ? ir_.CreateLShr(both, 32) : both, ir_.getInt32Ty());
}

// The helper fills in a struct bpf_pidns_info.
llvm::Value *Emitter::id_in_namespace(Id id, llvm::Value *device, llvm::Value *inode) {
  llvm::Value *ids = allocate(8);
  helper(Helper::GetNsCurrentPidTgid, {device, inode, ids, constant(8)});
  return load(offset(ids, id == Id::Process ? 4 : 0), Type::integer(32, false));
}

// On another machine the tracer may be in a namespace of its own or not: the verifier, which knows parameters, drops
// the branch that does not apply.
llvm::Value *Emitter::id_for_tracer(Id id) {
  if (kernel().is_the_one()) {
    std::optional<kernel::PidNamespace> space = kernel().pid_namespace();
    return space ? id_in_namespace(id, constant(space->device), constant(space->inode)) : first_id(id);
  }
  llvm::Value *result = allocate(4);
  llvm::Value *device = parameter(image::ParameterKind::PidNamespaceDevice);
  llvm::Value *inode = parameter(image::ParameterKind::PidNamespaceInode);
  branch(
      ir_.CreateIsNotNull(inode), [&] { ir_.CreateStore(id_in_namespace(id, device, inode), result); },
      [&] { ir_.CreateStore(first_id(id), result); });
  return load(result, Type::integer(32, false));
}

llvm::Value *Emitter::process_id() { return id_for_tracer(Id::Process); }
llvm::Value *Emitter::thread_id() { return id_for_tracer(Id::Thread); }

llvm::Value *Emitter::in_pid_set(llvm::GlobalVariable *set, llvm::Value *pid) {
  llvm::Value *key = allocate(4);
  ir_.CreateStore(pid, key);
  return ir_.CreateIsNotNull(helper(Helper::MapLookupElem, {set, key}));
}

void Emitter::continue_if(llvm::Value *is_traced) {
  llvm::BasicBlock *traced = block("traced");
  ir_.CreateCondBr(is_traced, traced, frame_.exit);
  ir_.SetInsertPoint(traced);
}

void Emitter::continue_if_in_either_set() {
  // A branch for each set: of one condition LLVM would make arithmetic with the results of two lookups, which the
  // verifier does not allow.
  llvm::BasicBlock *traced = block("followed"), *unknown = block("not_followed");
  ir_.CreateCondBr(in_pid_set(module_.pid_set(image::kFollowedPidsMap), first_id(Id::Process)), traced, unknown);
  ir_.SetInsertPoint(unknown);
  if (!kernel().is_the_one())
    continue_if(ir_.CreateIsNotNull(parameter(image::ParameterKind::PidNamespaceInode)));
  continue_if(in_pid_set(module_.pid_set(image::kListedPidsMap), process_id()));
  continue_at(traced);
}

void Emitter::ignore_untraced(ProcessScope scope) {
  switch (scope) {
  case ProcessScope::All: break;
  case ProcessScope::One: {
    llvm::Value *pid = ir_.CreateTrunc(parameter(image::ParameterKind::TracedPid), ir_.getInt32Ty());
    continue_if(ir_.CreateICmpEQ(process_id(), pid));
    break;
  }
  case ProcessScope::Listed: continue_if(in_pid_set(module_.pid_set(image::kListedPidsMap), process_id())); break;
  case ProcessScope::Followed:
    if (!kernel().is_the_one() || kernel().pid_namespace())
      continue_if_in_either_set();
    else
      continue_if(in_pid_set(module_.pid_set(image::kFollowedPidsMap), first_id(Id::Process)));
    break;
  }
}

void Emitter::ignore_outside_cgroup() {
  // 1, 0, or an error.
  llvm::Value *answer = helper(Helper::CurrentTaskUnderCgroup, {module_.scope_cgroup(), constant(0)});
  continue_if(ir_.CreateICmpEQ(ir_.CreateTrunc(answer, ir_.getInt32Ty()), constant(1, 32)));
}

// All of them, each behind a parameter that the verifier knows: it drops those that do not apply.
void Emitter::ignore_by_parameters() {
  llvm::Value *scope = parameter(image::ParameterKind::ScopeProcesses);
  for (ProcessScope one : {ProcessScope::One, ProcessScope::Listed, ProcessScope::Followed})
    branch(ir_.CreateICmpEQ(scope, constant(static_cast<uint64_t>(one))), [&] { ignore_untraced(one); });
  branch(ir_.CreateIsNotNull(parameter(image::ParameterKind::ScopeCgroup)), [&] { ignore_outside_cgroup(); });
}

void Emitter::ignore_other_processes() {
  const image::Scope &scope = analysis_.scope;
  probes::Scoping scoping = unit_.provider->scoping();
  if (scoping != probes::Scoping::ByProgram && scoping != probes::Scoping::ByEvent)
    return;
  if (!kernel().is_the_one()) {
    ignore_by_parameters();
    return;
  }
  bool is_done_by_event = scoping == probes::Scoping::ByEvent && scope.processes == ProcessScope::One;
  if (!is_done_by_event)
    ignore_untraced(scope.processes);
  if (scope.is_cgroup)
    ignore_outside_cgroup();
}

}  // namespace sonde::codegen
