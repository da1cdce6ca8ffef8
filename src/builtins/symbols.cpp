// Names for addresses and addresses for names: ksym, usym, kaddr, uaddr.
#include <algorithm>

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

Type check_ksym(BuiltinUse &use) {
  use.integer(0);
  return Type::kernel_symbol();
}
llvm::Value *emit_ksym(Emitter &e, const BuiltinSite &site) { return e.value64(site.argument(0)); }

Type check_usym(BuiltinUse &use) {
  use.integer(0);
  return Type::user_symbol();
}
// { u64 address, u32 pid, u32 padding }
llvm::Value *emit_usym(Emitter &e, const BuiltinSite &site) {
  llvm::Value *pid = e.ir().CreateLShr(e.helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun), 32);
  e.ir().CreateStore(e.value64(site.argument(0)), site.destination);
  e.ir().CreateStore(pid, e.offset(site.destination, 8));
  return site.destination;
}

Type check_kaddr(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  std::optional<uint64_t> address = name ? use.kernel().symbol_address(*name) : std::nullopt;
  if (name && !address)
    use.error(use.where(0), fmt::format("the kernel has no symbol '{}'", *name))
        .with_hint("/proc/kallsyms lists its symbols");
  use.known_to_be(address.value_or(0));
  return Type::uint64();
}
llvm::Value *emit_constant(Emitter &e, const BuiltinSite &site) {
  return e.constant(site.info.constant.value_or(0), site.info.type.size * 8);
}

constexpr Builtin kRows[] = {
    {"ksym", Form::Function, 1, 1, "ksym(address)", "The kernel's function or variable at an address.", check_ksym,
     emit_ksym},
    {"usym", Form::Function, 1, 1, "usym(address)", "The running process's function at an address.", check_usym,
     emit_usym},
    {"kaddr", Form::Function, 1, 1, "kaddr(\"name\")", "Address of a symbol of the kernel.", check_kaddr,
     emit_constant},
};

}  // namespace

std::span<const Builtin> symbol_builtins() { return kRows; }

}  // namespace sonde::builtins
