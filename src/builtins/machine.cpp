// The machine under the probe: registers, clock ticks, processors.
#include "builtins/families.h"
#include "codegen/arch_registers.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using codegen::Purity;
using sema::BuiltinUse;

bool has_registers(BuiltinUse &use) {
  probes::ContextKind kind = use.context().kind;
  if (kind == probes::ContextKind::Registers || kind == probes::ContextKind::PerfEvent)
    return true;
  use.error(use.where(), fmt::format("'{}' is not available in {} probes", use.builtin().name, use.provider().name()))
      .with_hint("kprobe, uprobe and profile have registers");
  return false;
}

Type check_reg(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  if (has_registers(use) && name && !codegen::register_offset(*name, use.kernel().arch()))
    use.error(use.where(0), fmt::format("{} has no register '{}'", name_of(use.kernel().arch()), *name))
        .with_hint("the registers are " + codegen::register_names(use.kernel().arch()));
  return Type::uint64();
}
llvm::Value *emit_reg(Emitter &e, const BuiltinSite &site) {
  return e.context_register(*codegen::register_offset(*e.info(site.argument(0)).text, e.kernel().arch()));
}

// The two lowest bits of the code segment's selector are the privilege level: 3 is user mode.
Type check_usermode(BuiltinUse &use) {
  if (has_registers(use) && use.kernel().arch() != Arch::X86_64)
    use.error(use.where(), "'usermode' needs an x86 machine");
  return Type::integer(8, false);
}
llvm::Value *emit_usermode(Emitter &e, const BuiltinSite &) {
  llvm::Value *level =
      e.ir().CreateAnd(e.context_register(*codegen::register_offset("cs", Arch::X86_64)), e.constant(3));
  return e.ir().CreateZExt(e.ir().CreateICmpEQ(level, e.constant(3)), e.ir().getInt8Ty());
}

Type check_count(BuiltinUse &) { return Type::uint64(); }
llvm::Value *emit_jiffies(Emitter &e, const BuiltinSite &) { return e.helper(Helper::Jiffies64, {}); }

Type check_ncpus(BuiltinUse &use) {
  if (use.kernel().is_the_one())
    use.known_to_be(use.kernel().possible_cpu_count());
  return Type::uint64();
}
llvm::Value *emit_ncpus(Emitter &e, const BuiltinSite &) { return e.cpu_count(); }

Type check_numaid(BuiltinUse &) { return Type::integer(32, false); }
llvm::Value *emit_numaid(Emitter &e, const BuiltinSite &) {
  return e.ir().CreateTrunc(e.helper(Helper::GetNumaNodeId, {}, Purity::PerRun), e.ir().getInt32Ty());
}

constexpr Builtin kRows[] = {
    {"reg", Form::Function, 1, 1, "reg(\"name\")", "A register of the probed code.", check_reg, emit_reg},
    {"usermode", Form::Value, 0, 0, "usermode", "1 if the probe interrupted a process's own code, 0 in the kernel's.",
     check_usermode, emit_usermode},
    {"jiffies", Form::Value, 0, 0, "jiffies", "The kernel's clock ticks since it started.", check_count, emit_jiffies},
    {"ncpus", Form::Value, 0, 0, "ncpus", "How many CPUs the machine may have.", check_ncpus, emit_ncpus},
    {"numaid", Form::Value, 0, 0, "numaid", "NUMA node of the CPU that the probe runs on.", check_numaid, emit_numaid},
};

}  // namespace

std::span<const Builtin> machine_builtins() { return kRows; }

}  // namespace sonde::builtins
