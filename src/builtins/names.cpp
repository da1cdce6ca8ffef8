// Numbers that are shown by their names: errors, signals, system calls, users, cgroups.
#include <sys/stat.h>

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

template <TypeKind kind> Type check_number(BuiltinUse &use) {
  use.integer(0);
  return Type::named_number(kind);
}
llvm::Value *emit_number(Emitter &e, const BuiltinSite &site) { return e.value64(site.argument(0)); }

Type check_username(BuiltinUse &) { return Type::named_number(TypeKind::UserName); }
llvm::Value *emit_username(Emitter &e, const BuiltinSite &) {
  return e.ir().CreateAnd(e.helper(Helper::GetCurrentUidGid, {}, Purity::PerRun), e.constant(UINT32_MAX));
}

Type check_cgroup_path(BuiltinUse &use) {
  use.integer(0);
  Type type = Type::named_number(TypeKind::CgroupPath);
  if (use.count() > 1)
    type.name = use.literal(1).value_or("");
  return type;
}

// A cgroup's id is the inode of its folder.
Type check_cgroupid(BuiltinUse &use) {
  std::optional<std::string> path = use.literal(0);
  // Of another machine's cgroups there is nothing to know here.
  if (!use.kernel().is_the_one())
    return Type::uint64();
  struct stat status {};
  if (path && stat(path->c_str(), &status) != 0)
    use.error(use.where(0), fmt::format("there is no cgroup '{}'", *path))
        .with_hint("give its folder, like /sys/fs/cgroup/user.slice");
  use.known_to_be(status.st_ino);
  return Type::uint64();
}

llvm::Value *emit_cgroupid(Emitter &e, const BuiltinSite &site) {
  if (e.kernel().is_the_one())
    return emit_known(e, site);
  return e.parameter(image::ParameterKind::CgroupId, *e.info(site.argument(0)).text);
}

constexpr Builtin kRows[] = {
    {"strerror", Form::Function, 1, 1, "strerror(errno)", "What an error number means; its sign does not matter.",
     check_number<TypeKind::ErrorName>, emit_number},
    {"signal_name", Form::Function, 1, 1, "signal_name(number)", "What a signal is called.",
     check_number<TypeKind::SignalName>, emit_number},
    {"syscall_name", Form::Function, 1, 1, "syscall_name(number)", "The system call of that number.",
     check_number<TypeKind::SyscallName>, emit_number},
    {"username", Form::Value, 0, 0, "username", "Name of the running task's user.", check_username, emit_username},
    {"cgroup_path", Form::Function, 1, 2, "cgroup_path(id [, filter])",
     "The paths of the cgroup with that id, in each hierarchy or in those whose names match `filter`.",
     check_cgroup_path, emit_number},
    {"cgroupid", Form::Function, 1, 1, "cgroupid(\"path\")", "Id of the cgroup of that folder.", check_cgroupid,
     emit_cgroupid},
};

}  // namespace

std::span<const Builtin> name_builtins() { return kRows; }

}  // namespace sonde::builtins
