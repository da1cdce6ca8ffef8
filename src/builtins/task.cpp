// Who is running when a probe fires: ids, names and the task itself.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "codegen/kernel_function.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using codegen::Purity;
using sema::BuiltinUse;

constexpr uint32_t kCommSize = 16;  // TASK_COMM_LEN, include/linux/sched.h

Type check_id(BuiltinUse &) { return Type::integer(32, false); }

// The helpers for ids return two of them: one in each half of an u64.
llvm::Value *low_half(Emitter &e, Helper helper) {
  return e.ir().CreateTrunc(e.helper(helper, {}, Purity::PerRun), e.ir().getInt32Ty());
}
llvm::Value *high_half(Emitter &e, Helper helper) {
  llvm::Value *both = e.helper(helper, {}, Purity::PerRun);
  return e.ir().CreateTrunc(e.ir().CreateLShr(both, 32), e.ir().getInt32Ty());
}

// pid(init), pid(curr_ns): bare words, which stand for nothing else here.
const ast::Identifier *namespace_word(const std::vector<ast::ExprPtr> *arguments) {
  return arguments && !arguments->empty() ? std::get_if<ast::Identifier>(&arguments->front()->node) : nullptr;
}

Type check_process_id(BuiltinUse &use) {
  const ast::Identifier *word = namespace_word(use.arguments());
  if (use.count() > 0 && (!word || (word->name != "init" && word->name != "curr_ns")))
    use.error(use.where(0), "unknown namespace").with_hint("the namespaces are init and curr_ns");
  return Type::integer(32, false);
}

template <bool is_thread> llvm::Value *emit_process_id(Emitter &e, const BuiltinSite &site) {
  const ast::Identifier *word = namespace_word(site.arguments);
  if (!(word && word->name == "init"))
    return is_thread ? e.thread_id() : e.process_id();
  return is_thread ? low_half(e, Helper::GetCurrentPidTgid) : high_half(e, Helper::GetCurrentPidTgid);
}

llvm::Value *emit_uid(Emitter &e, const BuiltinSite &) { return low_half(e, Helper::GetCurrentUidGid); }
llvm::Value *emit_gid(Emitter &e, const BuiltinSite &) { return high_half(e, Helper::GetCurrentUidGid); }

constexpr const char *kFindTask = "bpf_task_from_pid", *kReleaseTask = "bpf_task_release";

bool knows_comm(kernel::Kernel &kernel) {
  auto task = kernel.type("task_struct");
  return task && *task && (*task)->layout && (*task)->layout->find("comm");
}

Type check_comm(BuiltinUse &use) {
  if (use.count() == 0)
    return Type::string(kCommSize);
  use.integer(0);
  bool is_possible = use.kernel().programs_may_call(kFindTask, use.provider().section()) &&
                     use.kernel().programs_may_call(kReleaseTask, use.provider().section());
  if (!is_possible || !knows_comm(use.kernel()))
    use.error(use.where(), fmt::format("{} probes of this kernel cannot look up other tasks", use.provider().name()))
        .with_hint(fmt::format("if comptime kfunc_allowed(\"{}\") {{ … }} tells where they can", kFindTask));
  return Type::string(kCommSize);
}

// task = find(pid); if (task) { read task->comm; release(task) }
void emit_comm_of(Emitter &e, llvm::Value *pid, llvm::Value *destination) {
  const codegen::KernelFunctionType task_pointer{"task_struct"}, integer;
  llvm::Value *task = codegen::call_kernel_function(e, {kFindTask, true, task_pointer, {integer}}, {pid});
  e.branch(e.ir().CreateIsNotNull(task), [&] {
    llvm::Value *address = e.ir().CreatePtrToInt(task, e.ir().getInt64Ty());
    llvm::Value *offset = e.offset_of(Type::structure("task_struct"), {"comm"});
    e.read_string(destination, kCommSize, e.ir().CreateAdd(address, offset), AddressSpace::Kernel);
    codegen::call_kernel_function(e, {kReleaseTask, false, {}, {task_pointer}}, {task});
  });
}

// Two words of the task. Before, what follows the name may be anything, and keys are compared with it.
bool copy_comm(Emitter &e, llvm::Value *destination) {
  if (e.kernel().version() < kernel::kClearedComm || !knows_comm(e.kernel()))
    return false;
  e.copy_from_task(destination, e.offset_of(Type::structure("task_struct"), {"comm"}), kCommSize);
  return true;
}

llvm::Value *emit_comm(Emitter &e, const BuiltinSite &site) {
  if (site.count() == 0 && copy_comm(e, site.destination))
    return site.destination;
  // The helper clears what follows the name on some kernels only.
  e.zero(site.destination, kCommSize);
  if (site.count() > 0) {
    emit_comm_of(e, e.ir().CreateTrunc(e.value64(site.argument(0)), e.ir().getInt32Ty()), site.destination);
    return site.destination;
  }
  e.helper(Helper::GetCurrentComm, {site.destination, e.constant(kCommSize, 32)});
  return site.destination;
}

Type check_curtask(BuiltinUse &) { return Type::pointer(Type::structure("task_struct"), AddressSpace::Kernel); }
llvm::Value *emit_curtask(Emitter &e, const BuiltinSite &) {
  return e.helper(Helper::GetCurrentTask, {}, Purity::PerRun);
}

Type check_cgroup(BuiltinUse &) { return Type::uint64(); }
llvm::Value *emit_cgroup(Emitter &e, const BuiltinSite &) {
  return e.helper(Helper::GetCurrentCgroupId, {}, Purity::PerRun);
}

Type check_cpid(BuiltinUse &) { return Type::integer(32, false); }
llvm::Value *emit_cpid(Emitter &e, const BuiltinSite &) {
  return e.ir().CreateTrunc(e.parameter(image::ParameterKind::ChildPid), e.ir().getInt32Ty());
}

Type check_has_cpid(BuiltinUse &) { return Type::boolean(); }
llvm::Value *emit_has_cpid(Emitter &e, const BuiltinSite &) {
  llvm::Value *pid = e.parameter(image::ParameterKind::ChildPid);
  return e.ir().CreateZExt(e.ir().CreateICmpNE(pid, e.constant(0)), e.ir().getInt8Ty());
}

llvm::Value *emit_cpu(Emitter &e, const BuiltinSite &) {
  llvm::Value *cpu = e.helper(Helper::GetSmpProcessorId, {}, Purity::PerRun);
  return e.ir().CreateTrunc(cpu, e.ir().getInt32Ty());
}

llvm::Value *emit_rand(Emitter &e, const BuiltinSite &) {
  return e.ir().CreateTrunc(e.helper(Helper::GetPrandomU32, {}), e.ir().getInt32Ty());
}

constexpr Builtin kRows[] = {
    {"pid", Form::Value, 0, 1, "pid [(curr_ns | init)]",
     "Process id (thread group id) of the running task, as the tracer's or as the first pid namespace counts.",
     check_process_id, emit_process_id<false>, /*is_numbered=*/false, /*has_effects=*/false, Role::TaskId},
    {"tid", Form::Value, 0, 1, "tid [(curr_ns | init)]",
     "Thread id of the running task, as the tracer's or as the first pid namespace counts.", check_process_id,
     emit_process_id<true>, /*is_numbered=*/false, /*has_effects=*/false, Role::ThreadId},
    {"uid", Form::Value, 0, 0, "uid", "User id of the running task.", check_id, emit_uid},
    {"gid", Form::Value, 0, 0, "gid", "Group id of the running task.", check_id, emit_gid},
    {"comm", Form::Value, 0, 1, "comm [(pid)]",
     "Name of the running task, or of the thread of that id, at most 15 bytes; empty when there is none.", check_comm,
     emit_comm},
    {"curtask", Form::Value, 0, 0, "curtask", "Address of the running task's `struct task_struct`.", check_curtask,
     emit_curtask, /*is_numbered=*/false, /*has_effects=*/false, Role::RunningTask},
    {"cgroup", Form::Value, 0, 0, "cgroup", "Id of the running task's cgroup (version 2).", check_cgroup, emit_cgroup},
    {"cpid", Form::Value, 0, 0, "cpid", "Process id of the program started by -c; 0 without -c.", check_cpid,
     emit_cpid},
    {"has_cpid", Form::Value, 0, 0, "has_cpid", "True if there is a program started by -c.", check_has_cpid,
     emit_has_cpid},
    {"cpu", Form::Value, 0, 0, "cpu", "Number of the CPU that the probe runs on.", check_id, emit_cpu},
    {"rand", Form::Value, 0, 0, "rand", "A random 32-bit number.", check_id, emit_rand},
};

}  // namespace

std::span<const Builtin> task_builtins() { return kRows; }

}  // namespace sonde::builtins
