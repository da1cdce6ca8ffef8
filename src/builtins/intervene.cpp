// What changes the traced program: signal, signal_thread, write_user, override. All need --unsafe.
#include <signal.h>

#include <cstring>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using sema::BuiltinUse;

void require_unsafe(BuiltinUse &use) {
  if (!use.unsafe_allowed())
    use.error(use.where(), fmt::format("{}() changes the traced program, which is unsafe", use.builtin().name))
        .with_hint("--unsafe allows it");
}

// "KILL" and "SIGKILL" → 9; 0 for other names.
int signal_number(const std::string &name) {
  std::string_view bare = name;
  if (bare.starts_with("SIG"))
    bare.remove_prefix(3);
  for (int number = 1; number < NSIG; ++number)
    if (const char *known = sigabbrev_np(number); known && bare == known)
      return number;
  return 0;
}

Type check_signal(BuiltinUse &use) {
  require_unsafe(use);
  if (!use.value(0).is_string()) {
    use.integer(0);
    std::optional<uint64_t> number = use.known_constant(0);
    if (number && (*number < 1 || *number >= NSIG))
      use.error(use.where(0), fmt::format("signals have numbers from 1 to {}", NSIG - 1));
    return Type::none();
  }
  std::optional<std::string> name = use.literal(0);
  if (name && signal_number(*name) == 0)
    use.error(use.where(0), fmt::format("there is no signal '{}'", *name)).with_hint("like \"KILL\" or \"SIGKILL\"");
  return Type::none();
}

template <Helper helper> llvm::Value *emit_signal(Emitter &e, const BuiltinSite &site) {
  const sema::ExprInfo &about = e.info(site.argument(0));
  llvm::Value *number =
      about.text ? e.constant(static_cast<uint64_t>(signal_number(*about.text))) : e.value64(site.argument(0));
  e.helper(helper, {number});
  return nullptr;
}

Type check_override(BuiltinUse &use) {
  require_unsafe(use);
  use.integer(0);
  if (use.provider().kind() != image::ProviderKind::Kprobe)
    use.error(use.where(), "override() works in kprobes alone").with_hint("on functions that allow error injection");
  return Type::none();
}
llvm::Value *emit_override(Emitter &e, const BuiltinSite &site) {
  e.helper(Helper::OverrideReturn, {e.context(), e.value64(site.argument(0))});
  return nullptr;
}

Type check_write_user(BuiltinUse &use) {
  require_unsafe(use);
  use.integer(0);
  Type data = use.value(1);
  int64_t size = use.constant(2).value_or(1);
  if (!data.is_none() && (size < 1 || size > data.size))
    use.error(use.where(2), fmt::format("this has {} bytes to write, not {}", data.size, size));
  return Type::none();
}
llvm::Value *emit_write_user(Emitter &e, const BuiltinSite &site) {
  const Type &type = e.info(site.argument(1)).type;
  llvm::Value *data = e.allocate(type.size, type.alignment());
  e.store(site.argument(1), data, type);
  auto size = e.constant(*e.info(site.argument(2)).constant);
  e.helper(Helper::ProbeWriteUser, {e.value64(site.argument(0)), data, size});
  return nullptr;
}

constexpr Builtin kRows[] = {
    {"signal", Form::Statement, 1, 1, "signal(name or number)", "Sends the running process a signal; needs --unsafe.",
     check_signal, emit_signal<Helper::SendSignal>},
    {"signal_thread", Form::Statement, 1, 1, "signal_thread(name or number)",
     "Sends the running thread a signal; needs --unsafe.", check_signal, emit_signal<Helper::SendSignalThread>},
    {"write_user", Form::Statement, 3, 3, "write_user(address, data, size)",
     "Writes the first bytes of a value to the process's memory; needs --unsafe.", check_write_user, emit_write_user},
    {"override", Form::Statement, 1, 1, "override(value)",
     "Makes the probed kernel function return at once with this value; needs --unsafe.", check_override, emit_override},
};

}  // namespace

std::span<const Builtin> intervening_builtins() { return kRows; }

}  // namespace sonde::builtins
