// Tasks that the running one belongs to: ppid, pcomm, leader_tid, leader_comm.
#include <array>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using codegen::Purity;
using sema::BuiltinUse;

constexpr const char *kTask = "task_struct";
constexpr uint32_t kCommSize = 16;  // TASK_COMM_LEN, include/linux/sched.h

// task->LINK->FIELD of struct task_struct.
struct Relation {
  std::string_view name;
  const char *link;
  const char *field;
};
constexpr std::array kRelations{
    Relation{"ppid", "real_parent", "pid"},
    Relation{"pcomm", "real_parent", "comm"},
    Relation{"leader_tid", "group_leader", "pid"},
    Relation{"leader_comm", "group_leader", "comm"},
};

const Relation &relation_of(const Builtin &builtin) {
  for (const Relation &relation : kRelations)
    if (relation.name == builtin.name)
      return relation;
  return kRelations.front();
}

bool is_known(kernel::Kernel &kernel, const Relation &relation) {
  auto task = kernel.type(kTask);
  return task && *task && (*task)->layout && (*task)->layout->find(relation.link) &&
         (*task)->layout->find(relation.field);
}

template <bool is_text> Type check_relation(BuiltinUse &use) {
  if (use.count() > 0)
    use.integer(0);
  if (!is_known(use.kernel(), relation_of(use.builtin())))
    use.error(use.where(), fmt::format("{} needs the kernel's type information", use.builtin().name))
        .with_hint("a kernel built with CONFIG_DEBUG_INFO_BTF has it");
  return is_text ? Type::string(kCommSize) : Type::integer(32, false);
}

// The address of the related task's field.
llvm::Value *field_address(Emitter &e, const BuiltinSite &site) {
  const Relation &relation = relation_of(*site.info.builtin);
  const Type type = Type::structure(kTask);
  llvm::Value *task =
      site.count() > 0 ? e.value64(site.argument(0)) : e.helper(Helper::GetCurrentTask, {}, Purity::PerRun);
  llvm::Value *link = e.read_kernel(e.ir().CreateAdd(task, e.offset_of(type, {relation.link})), 8);
  return e.ir().CreateAdd(link, e.offset_of(type, {relation.field}));
}

llvm::Value *emit_id(Emitter &e, const BuiltinSite &site) { return e.read_kernel(field_address(e, site), 4); }

llvm::Value *emit_comm(Emitter &e, const BuiltinSite &site) {
  e.read_string(site.destination, kCommSize, field_address(e, site), AddressSpace::Kernel);
  return site.destination;
}

constexpr Builtin kRows[] = {
    {"ppid", Form::Value, 0, 1, "ppid [(task)]", "Process id of the parent.", check_relation<false>, emit_id},
    {"pcomm", Form::Value, 0, 1, "pcomm [(task)]", "Name of the parent.", check_relation<true>, emit_comm},
    {"leader_tid", Form::Value, 0, 1, "leader_tid [(task)]", "Thread id of the process's first thread.",
     check_relation<false>, emit_id},
    {"leader_comm", Form::Value, 0, 1, "leader_comm [(task)]", "Name of the process's first thread.",
     check_relation<true>, emit_comm},
};

}  // namespace

std::span<const Builtin> relative_builtins() { return kRows; }

}  // namespace sonde::builtins
