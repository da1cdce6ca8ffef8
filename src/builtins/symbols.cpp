// Names for addresses and addresses for names: ksym, usym, kaddr, uaddr.
#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "elf/binary.h"
#include "elf/variables.h"
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
  if (name && !address && use.kernel().is_the_one())
    use.error(use.where(0), fmt::format("the kernel has no symbol '{}'", *name))
        .with_hint("/proc/kallsyms lists its symbols");
  if (use.kernel().is_the_one())
    use.known_to_be(address.value_or(0));
  return Type::uint64();
}
llvm::Value *emit_kaddr(Emitter &e, const BuiltinSite &site) {
  return e.symbol_address(*e.info(site.argument(0)).text);
}

// ---- uaddr ----

// Where in its file the code lies that the probe is at.
std::optional<uint64_t> address_of_target(const image::Target &target) {
  auto binary = elf::open_binary(target.module);
  return binary ? (*binary)->symbols().address_of(target.offset) : std::nullopt;
}

Type variable_type(uint64_t size) {
  bool is_integer = size == 1 || size == 2 || size == 4;
  return Type::pointer(Type::integer(is_integer ? 8 * static_cast<uint32_t>(size) : 64, false), AddressSpace::User);
}

Type check_uaddr(BuiltinUse &use) {
  Type unknown = variable_type(8);
  image::ProviderKind kind = use.provider().kind();
  bool is_return = kind == image::ProviderKind::Uretprobe;
  if (!is_return && kind != image::ProviderKind::Uprobe && kind != image::ProviderKind::Usdt) {
    use.error(use.where(), fmt::format("uaddr() is not available in {} probes", use.provider().name()))
        .with_hint("uprobe, uretprobe and usdt know their binary");
    return unknown;
  }
  std::optional<std::string> name = use.literal(0);
  if (!name || use.targets().empty())
    return unknown;
  const image::Target &target = use.targets().front();
  auto found = elf::find_variable(target.module, *name);
  if (!found || !*found) {
    use.error(use.where(0), fmt::format("there is no variable '{}' in {}", *name, target.module));
    return unknown;
  }
  bool is_one_place = !is_return && use.targets().size() == 1 && address_of_target(target);
  if ((*found)->is_moved && !is_one_place)
    use.error(use.where(), fmt::format("where {} is loaded shows only in a uprobe at one place", target.module))
        .with_hint("keep the address in a map there");
  return variable_type((*found)->size);
}

// What is loaded elsewhere is as far from its own address as the probed code is.
llvm::Value *emit_uaddr(Emitter &e, const BuiltinSite &site) {
  const image::Target &target = e.unit().targets.front();
  auto found = elf::find_variable(target.module, *e.info(site.argument(0)).text);
  elf::Variable variable = found && *found ? **found : elf::Variable{};
  llvm::Value *address = e.constant(variable.address);
  if (!variable.is_moved)
    return address;
  uint64_t code = address_of_target(target).value_or(0);
  return e.ir().CreateAdd(address, e.ir().CreateSub(e.instruction_pointer(), e.constant(code)));
}

constexpr Builtin kRows[] = {
    {"ksym", Form::Function, 1, 1, "ksym(address)", "The kernel's function or variable at an address.", check_ksym,
     emit_ksym},
    {"usym", Form::Function, 1, 1, "usym(address)", "The running process's function at an address.", check_usym,
     emit_usym},
    {"kaddr", Form::Function, 1, 1, "kaddr(\"name\")", "Address of a symbol of the kernel.", check_kaddr, emit_kaddr},
    {"uaddr", Form::Function, 1, 1, "uaddr(\"name\")",
     "Address of a variable of the probed program or library, as a pointer to an integer of its size.", check_uaddr,
     emit_uaddr},
};

}  // namespace

std::span<const Builtin> symbol_builtins() { return kRows; }

}  // namespace sonde::builtins
