// What the probe hit: arguments, return value, function and probe names.
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

// Reports that this provider's context lacks what the builtin reads.
void unavailable(BuiltinUse &use, std::string_view hint) {
  std::string number = use.builtin().is_numbered ? std::to_string(use.number()) : "";
  use.error(use.where(),
            fmt::format("'{}{}' is not available in {} probes", use.builtin().name, number, use.provider().name()))
      .with_hint(std::string(hint));
}

Type check_arg(BuiltinUse &use) {
  uint32_t most = use.context().most_numbered_args;
  if (use.number() >= most)
    use.error(use.where(), fmt::format("functions have at most {} arguments here: arg0 to arg{}", most, most - 1));
  if (!use.context().has_numbered_args)
    unavailable(use, use.context().args ? "this probe's arguments have names: args.NAME, listed by sonde -lv PROBE"
                                        : "kprobe and uprobe have arg0, arg1, …");
  size_t count = use.context().usdt_arguments.size();
  if (use.provider().kind() == image::ProviderKind::Usdt && use.number() >= count)
    use.error(use.where(), fmt::format("this probe has {} argument{}", count, count == 1 ? "" : "s"));
  else if (count > 0 && !use.context().usdt_arguments[use.number()].problem.empty())
    use.error(use.where(), fmt::format("arg{} cannot be read: {}", use.number(),
                                       use.context().usdt_arguments[use.number()].problem));
  return Type::uint64();
}
llvm::Value *emit_arg(Emitter &e, const BuiltinSite &site) { return e.argument_register(site.info.number); }

Type check_args(BuiltinUse &use) {
  if (use.context().args)
    return *use.context().args;
  bool is_kprobe = use.provider().kind() == image::ProviderKind::Kprobe;
  unavailable(use, is_kprobe                         ? "this probe has arg0, arg1, …; fentry:FUNCTION has args.NAME"
                   : use.context().has_numbered_args ? "this probe has arg0, arg1, …"
                                                     : "tracepoints have args.NAME");
  return Type::none();
}
llvm::Value *emit_args(Emitter &e, const BuiltinSite &site) {
  e.store_args(site.destination, site.info.type);
  return site.destination;
}

Type check_retval(BuiltinUse &use) {
  if (!use.context().has_retval)
    unavailable(use, "kretprobe, uretprobe and fexit have a return value");
  return use.context().result.value_or(Type::int64());
}
llvm::Value *emit_retval(Emitter &e, const BuiltinSite &site) {
  return e.ir().CreateTrunc(e.return_register(), e.type_of(site.info.type));
}

Type check_func(BuiltinUse &use) {
  if (!use.context().has_function)
    unavailable(use, "kprobe, kretprobe, uprobe and uretprobe know their function");
  return use.context().pointers == AddressSpace::User ? Type::user_symbol() : Type::kernel_symbol();
}
llvm::Value *emit_func(Emitter &e, const BuiltinSite &site) {
  llvm::Value *address = e.instruction_pointer();
  if (site.info.type.kind == TypeKind::KernelSymbol)
    return address;
  // { u64 address, u32 pid, u32 padding }: which process, as addresses differ between them.
  llvm::Value *pid = e.ir().CreateLShr(e.helper(Helper::GetCurrentPidTgid, {}, Purity::PerRun), 32);
  e.ir().CreateStore(address, site.destination);
  e.ir().CreateStore(pid, e.offset(site.destination, 8));
  return site.destination;
}

Type check_ctx(BuiltinUse &use) {
  if (!use.context().whole) {
    unavailable(use, "iter probes have ctx: ctx.task, listed by sonde -lv PROBE");
    return Type::none();
  }
  return Type::pointer(*use.context().whole, AddressSpace::Kernel);
}
llvm::Value *emit_ctx(Emitter &e, const BuiltinSite &) {
  return e.ir().CreatePtrToInt(e.context(), e.ir().getInt64Ty());
}

Type check_probe(BuiltinUse &use) {
  use.needs_target_name();
  return Type::probe_name();
}
llvm::Value *emit_probe(Emitter &e, const BuiltinSite &) { return e.target_name_index(); }

Type check_probetype(BuiltinUse &use) {
  image::ProviderKind kind = use.provider().kind();
  bool is_special = kind == image::ProviderKind::Begin || kind == image::ProviderKind::End;
  std::string name(is_special ? "special" : use.provider().name());
  Type type = Type::string(static_cast<uint32_t>(name.size()) + 1);
  use.known_to_be(std::move(name));
  return type;
}

constexpr Builtin kRows[] = {
    {"arg", Form::Value, 0, 0, "arg0 … argN", "Argument N of the probed function, as an integer.", check_arg, emit_arg,
     true},
    {"args", Form::Value, 0, 0, "args", "The probe's named arguments: args.NAME.", check_args, emit_args},
    {"retval", Form::Value, 0, 0, "retval", "What the probed function returned.", check_retval, emit_retval},
    {"func", Form::Value, 0, 0, "func", "Name of the probed function.", check_func, emit_func},
    {"ctx", Form::Value, 0, 0, "ctx", "What an iterator's program is called with: ctx.task, ctx.file.", check_ctx,
     emit_ctx},
    {"probe", Form::Value, 0, 0, "probe", "Full name of the probe that fired.", check_probe, emit_probe},
    {"probetype", Form::Value, 0, 0, "probetype",
     "Name of the provider of the probe that fired; \"special\" for begin and end.", check_probetype, emit_known},
};

}  // namespace

std::span<const Builtin> context_builtins() { return kRows; }

}  // namespace sonde::builtins
