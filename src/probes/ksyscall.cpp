// ksyscall and kretsyscall: the kernel's own functions behind system calls, under the names of the calls. Architectures
// prefix those functions and hand them the task's registers instead of arguments.
#include <fmt/format.h>

#include <cerrno>

#include "base/text.h"
#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"ks"};
constexpr std::string_view kReturnAliases[] = {"krs"};
// CONFIG_ARCH_HAS_SYSCALL_WRAPPER: arch/*/include/asm/syscall_wrapper.h.
constexpr std::string_view kPrefixes[] = {"__x64_sys_", "__arm64_sys_"};  // by Arch
constexpr std::string_view prefix_of(Arch arch) { return kPrefixes[static_cast<size_t>(arch)]; }
constexpr uint32_t kMostArguments = 6;

class KsyscallProvider : public Provider {
public:
  explicit KsyscallProvider(bool is_return) : is_return_(is_return) {}

  image::ProviderKind kind() const override {
    return is_return_ ? image::ProviderKind::Kretsyscall : image::ProviderKind::Ksyscall;
  }
  std::string_view name() const override { return is_return_ ? "kretsyscall" : "ksyscall"; }
  std::span<const std::string_view> aliases() const override { return is_return_ ? kReturnAliases : kEntryAliases; }
  std::string_view syntax() const override { return is_return_ ? "kretsyscall:NAME" : "ksyscall:NAME"; }
  std::string_view summary() const override {
    return is_return_ ? "the return of the kernel's function for a system call"
                      : "the entry of the kernel's function for a system call, with its arguments";
  }
  std::string_view needs() const override { return "CONFIG_KPROBES, system call wrappers (4.17)"; }
  bool is_alike_everywhere() const override { return true; }
  std::string_view section() const override { return by_function().section(); }
  std::string_view mechanism(const bpf_program *program) const override { return by_function().mechanism(program); }
  std::string_view lack(kernel::Kernel &kernel) const override {
    return kernel.has(kernel::Feature::Kprobes) ? std::string_view() : "CONFIG_KPROBES";
  }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    auto names = find(spec, options.kernel);
    if (!names)
      return names.error();
    if (names->empty())
      return no_syscall(spec, options.kernel);
    std::vector<image::Target> targets;
    for (const std::string &found : *names) {
      image::Target &target = targets.emplace_back();
      target.name = fmt::format("{}:{}", name(), found);
      target.function = fmt::format("{}{}", prefix_of(options.kernel.arch()), found);
    }
    return targets;
  }

  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    auto context = by_function().context(target, kernel);
    if (context && !is_return_) {
      context->kind = ContextKind::SyscallWrapper;
      context->most_numbered_args = kMostArguments;
    }
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    auto names = find(spec, options.kernel);
    if (names)
      for (std::string &found : *names)
        found = fmt::format("{}:{}", name(), found);
    return names;
  }

  // The call's tracepoint has the declarations, behind the number that its record begins with.
  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override {
    auto format =
        options.kernel.tracepoint_format("syscalls", fmt::format("sys_{}_{}", is_return_ ? "exit" : "enter", spec));
    if (!format || format->declarations.empty())
      return std::vector<std::string>{};
    format->declarations.erase(format->declarations.begin());
    return is_return_ ? std::vector<std::string>{"long retval"} : std::move(format->declarations);
  }

  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override {
    by_function().prepare(program, spec, options);
  }
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    return by_function().attach(program, spec, options);
  }

private:
  const Provider &by_function() const { return is_return_ ? kretprobe_provider() : kprobe_provider(); }

  // Names of system calls without the prefix.
  static Result<std::vector<std::string>> find(std::string_view glob, kernel::Kernel &kernel) {
    std::string_view prefix = prefix_of(kernel.arch());
    auto functions = kernel.functions("", fmt::format("{}{}", prefix, glob));
    if (!functions)
      return functions.error();
    std::vector<std::string> names;
    for (const kernel::KernelFunction &function : *functions)
      names.emplace_back(function.name.substr(prefix.size()));
    return names;
  }

  Error no_syscall(std::string_view spec, kernel::Kernel &kernel) const {
    std::string whole = fmt::format("{}:{}", name(), spec);
    if (spec.empty())
      return {"use", whole, "the name of a system call is missing", fmt::format("such as {}:openat", name())};
    std::string hint;
    if (auto all = find("*", kernel); all && !has_glob(spec))
      hint = did_you_mean(spec, *all);
    if (hint.empty())
      hint = fmt::format("sonde -l '{}:*' lists them", name());
    return {"use", whole,
            has_glob(spec) ? fmt::format("no system call matches '{}'", spec)
                           : fmt::format("the kernel has no system call '{}'", spec),
            std::move(hint), ENOENT};
  }

  bool is_return_;
};

}  // namespace

const Provider &ksyscall_provider() {
  static const KsyscallProvider row(false);
  return row;
}

const Provider &kretsyscall_provider() {
  static const KsyscallProvider row(true);
  return row;
}

}  // namespace sonde::probes
