// Stacks of the running task: kstack and ustack.
#include <algorithm>

#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"
#include "types/stack.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

constexpr const char *kModesHint = "the modes are bpftrace, perf, raw and build_id";

std::optional<StackMode> mode_named(std::string_view name) {
  auto found = std::find(kStackModeNames.begin(), kStackModeNames.end(), name);
  if (found == kStackModeNames.end())
    return std::nullopt;
  return static_cast<StackMode>(found - kStackModeNames.begin());
}

// The mode is a bare word, which stands for nothing but itself here.
const ast::Identifier *mode_word(BuiltinUse &use, size_t i) {
  return use.count() > i ? std::get_if<ast::Identifier>(&use.argument(i).node) : nullptr;
}

StackMode check_mode(BuiltinUse &use) {
  std::optional<StackMode> mode = mode_named(use.config().stack_mode);
  if (const ast::Identifier *word = mode_word(use, 0)) {
    mode = mode_named(word->name);
    if (!mode)
      use.error(use.where(0), fmt::format("'{}' is not a way to show stacks", word->name)).with_hint(kModesHint);
  } else if (use.count() == 2) {
    use.error(use.where(0), "the mode comes first").with_hint(std::string(use.builtin().signature));
  }
  return mode.value_or(StackMode::Bpftrace);
}

uint32_t check_frames(BuiltinUse &use) {
  size_t at = mode_word(use, 0) ? 1 : 0;
  if (use.count() <= at || (use.count() == 2 && at == 0))
    return kMaxStackFrames;
  int64_t frames = use.constant(at).value_or(kMaxStackFrames);
  if (frames < 1)
    use.error(use.where(at), "a stack is limited to 1 frame or more");
  if (frames > kMaxStackFrames)
    use.warning(use.where(at), fmt::format("the kernel walks {} frames at most", kMaxStackFrames));
  return static_cast<uint32_t>(std::clamp<int64_t>(frames, 1, kMaxStackFrames));
}

template <TypeKind kind> Type check_stack(BuiltinUse &use) {
  StackMode mode = check_mode(use);
  if (kind == TypeKind::KernelStack && mode == StackMode::BuildId) {
    if (use.count() > 0)
      use.error(use.where(0), "the kernel's code has no build ids to show").with_hint("ustack(build_id)");
    mode = StackMode::Bpftrace;
  }
  return Type::stack(kind, mode, check_frames(use));
}

llvm::Value *emit_stack(Emitter &e, const BuiltinSite &site) { return e.stack(site.info.type); }

constexpr Builtin kRows[] = {
    {"kstack", Form::Value, 0, 2, "kstack [([mode,] [frames])]",
     "The kernel's stack, innermost frame first; shown as the mode says: bpftrace, perf or raw.",
     check_stack<TypeKind::KernelStack>, emit_stack},
    {"ustack", Form::Value, 0, 2, "ustack [([mode,] [frames])]",
     "The process's stack, innermost frame first; shown as the mode says: bpftrace, perf, raw or build_id.",
     check_stack<TypeKind::UserStack>, emit_stack},
};

}  // namespace

std::span<const Builtin> stack_builtins() { return kRows; }

}  // namespace sonde::builtins
