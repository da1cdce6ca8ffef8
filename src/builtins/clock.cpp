// Times: of the event (nsecs, elapsed, strftime) and of printing (time).
#include <array>
#include <string_view>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using codegen::Helper;
using sema::BuiltinUse;

struct Clock {
  std::string_view name;
  Helper helper;
};
constexpr std::string_view kSoftwareTai = "sw_tai";
constexpr std::array kClocks{
    Clock{"boot", Helper::KtimeGetBootNs}, Clock{"monotonic", Helper::KtimeGetNs}, Clock{"tai", Helper::KtimeGetTaiNs},
    Clock{kSoftwareTai, Helper::KtimeGetBootNs},  // plus what TAI was ahead when the run began
};

// The clock that `nsecs` or `nsecs(NAME)` asks for; null for an unknown name.
const Clock *clock_of(const std::vector<ast::ExprPtr> *arguments) {
  if (!arguments || arguments->empty())
    return &kClocks.front();
  const auto *name = std::get_if<ast::Identifier>(&arguments->front()->node);
  for (const Clock &clock : kClocks)
    if (name && name->name == clock.name)
      return &clock;
  return nullptr;
}

Type check_nsecs(BuiltinUse &use) {
  const std::vector<ast::ExprPtr> *arguments = use.arguments();
  const Clock *clock = clock_of(arguments);
  if (!clock)
    use.error(use.where(0), "unknown clock").with_hint("the clocks are boot, monotonic, tai and sw_tai");
  else if (clock->helper == Helper::KtimeGetTaiNs)
    use.require_kernel(kernel::kClockTai, use.where(0), "nsecs(tai)");
  return Type::uint64();
}
llvm::Value *emit_nsecs(Emitter &e, const BuiltinSite &site) {
  const Clock &clock = *clock_of(site.arguments);
  llvm::Value *now = e.helper(clock.helper, {});
  return clock.name == kSoftwareTai ? e.ir().CreateAdd(now, e.parameter(image::ParameterKind::TaiNs)) : now;
}

Type check_elapsed(BuiltinUse &) { return Type::uint64(); }
llvm::Value *emit_elapsed(Emitter &e, const BuiltinSite &) {
  llvm::Value *now = e.helper(Helper::KtimeGetBootNs, {});
  return e.ir().CreateSub(now, e.parameter(image::ParameterKind::StartNs));
}

constexpr std::string_view kDefaultTimeFormat = "%H:%M:%S\n";

Type check_time(BuiltinUse &use) {
  std::string format(kDefaultTimeFormat);
  if (use.count() > 0)
    format = use.literal(0).value_or("");
  use.event(image::EventKind::Time, format, {});
  return Type::none();
}
llvm::Value *emit_time(Emitter &e, const BuiltinSite &site) {
  e.send_event(site.info.event, std::span<const codegen::FieldWriter>());
  return nullptr;
}

Type check_strftime(BuiltinUse &use) {
  std::string format = use.literal(0).value_or("");
  use.integer(1);
  return Type::timestamp(format);
}
llvm::Value *emit_strftime(Emitter &e, const BuiltinSite &site) { return e.value64(site.argument(1)); }

constexpr Builtin kRows[] = {
    {"nsecs", Form::Value, 0, 1, "nsecs [(boot | monotonic | tai | sw_tai)]",
     "Nanoseconds since boot, or of the named clock; sw_tai is TAI as reckoned from boot time, for kernels before 6.1.",
     check_nsecs, emit_nsecs},
    {"elapsed", Form::Value, 0, 0, "elapsed", "Nanoseconds since the run began.", check_elapsed, emit_elapsed},
    {"time", Form::Statement, 0, 1, "time([format])",
     "Prints the wall-clock time at which the line is printed, by strftime(3)'s format.", check_time, emit_time},
    {"strftime", Form::Function, 2, 2, "strftime(format, nsecs)",
     "The wall-clock time of a boot-time timestamp, by strftime(3)'s format; %f gives microseconds.", check_strftime,
     emit_strftime},
};

}  // namespace

std::span<const Builtin> clock_builtins() { return kRows; }

}  // namespace sonde::builtins
