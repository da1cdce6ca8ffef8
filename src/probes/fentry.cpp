// fentry and fexit: entry and return of kernel functions through the kernel's trampolines, with typed arguments.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/text.h"
#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"f", "kfunc"};
constexpr std::string_view kReturnAliases[] = {"fr", "kretfunc"};
constexpr std::string_view kVmlinux = "vmlinux:";
// Programs at trampolines can ask where they are.
constexpr kernel::KernelVersion kFunctionAddress{5, 17, 0};

class FentryProvider : public Provider {
public:
  explicit FentryProvider(bool is_return) : is_return_(is_return) {}

  image::ProviderKind kind() const override {
    return is_return_ ? image::ProviderKind::Fexit : image::ProviderKind::Fentry;
  }
  std::string_view name() const override { return is_return_ ? "fexit" : "fentry"; }
  std::span<const std::string_view> aliases() const override {
    return is_return_ ? std::span<const std::string_view>(kReturnAliases) : kEntryAliases;
  }
  std::string_view syntax() const override {
    return is_return_ ? "fexit:[vmlinux:]FUNCTION" : "fentry:[vmlinux:]FUNCTION";
  }
  std::string_view summary() const override {
    return is_return_ ? "the return of a kernel function, with its typed arguments and result"
                      : "the entry of a kernel function, with its typed arguments";
  }
  std::string_view section() const override { return name(); }
  // The kernel checks a program against the one function that it is for.
  std::string group(const image::Target &target) const override { return target.name; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override;
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override;
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override;
  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override;
  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override;
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override;

private:
  Error spec_error(std::string_view spec, std::string cause, std::string hint, int error_number = 0) const {
    return {"use", fmt::format("{}:{}", name(), spec), std::move(cause), std::move(hint), error_number};
  }
  Error no_function(std::string_view spec, std::string_view function, kernel::Kernel &kernel) const;

  bool is_return_;
};

Error FentryProvider::no_function(std::string_view spec, std::string_view function, kernel::Kernel &kernel) const {
  std::string hint;
  if (auto all = kernel.typed_functions("*"); all && !has_glob(function))
    hint = did_you_mean(function, *all);
  if (hint.empty())
    hint = "a kprobe reaches functions whose types the kernel does not know";
  return spec_error(spec,
                    has_glob(function) ? fmt::format("no kernel function with known types matches '{}'", function)
                                       : fmt::format("there is no kernel function '{}' with known types", function),
                    std::move(hint), ENOENT);
}

Result<std::vector<image::Target>> FentryProvider::match(std::string_view spec, const MatchOptions &options) const {
  std::string_view function = spec;
  if (function.starts_with(kVmlinux))
    function.remove_prefix(kVmlinux.size());
  if (function.empty())
    return spec_error(spec, "the name of a function is missing", fmt::format("such as {}:vfs_read", name()));
  if (function.find(':') != std::string_view::npos)
    return spec_error(spec, "only functions of the kernel itself can be used, not those of modules",
                      fmt::format("{}:MODULE:FUNCTION reaches those", is_return_ ? "kretprobe" : "kprobe"));
  auto names = options.kernel.typed_functions(function);
  if (!names)
    return names.error();
  if (names->empty())
    return no_function(spec, function, options.kernel);
  std::vector<image::Target> targets;
  for (std::string &found : *names) {
    image::Target &target = targets.emplace_back();
    target.name = fmt::format("{}:vmlinux:{}", name(), found);
    target.module = "vmlinux";
    target.function = std::move(found);
  }
  return targets;
}

Result<Context> FentryProvider::context(const image::Target &target, kernel::Kernel &kernel) const {
  auto prototype = kernel.function_prototype(target.function);
  if (!prototype)
    return prototype.error();
  if (!*prototype)
    return Error{"use", target.name, "the kernel does not know the function's types", "a kprobe needs none", ENOENT};
  Context context;
  context.kind = ContextKind::Arguments;
  context.has_function = kernel.version() >= kFunctionAddress;
  auto layout = std::make_shared<StructLayout>((**prototype).parameters);
  layout->name = "_" + std::string(name()) + "_" + target.function;
  // The result follows the arguments.
  context.result_offset = layout->size;
  context.has_retval = is_return_ && (**prototype).result.is_scalar();
  if (context.has_retval)
    context.result = (**prototype).result;
  context.args = Type::structure(layout->name, layout);
  return context;
}

Result<std::vector<std::string>> FentryProvider::list(std::string_view spec, const MatchOptions &options) const {
  if (spec.starts_with(kVmlinux))
    spec.remove_prefix(kVmlinux.size());
  auto names = options.kernel.typed_functions(spec);
  if (!names)
    return names.error();
  for (std::string &found : *names)
    found = fmt::format("{}:vmlinux:{}", name(), found);
  return names;
}

Result<std::vector<std::string>> FentryProvider::arguments(std::string_view spec, const MatchOptions &options) const {
  if (spec.starts_with(kVmlinux))
    spec.remove_prefix(kVmlinux.size());
  auto prototype = options.kernel.function_prototype(std::string(spec));
  if (!prototype)
    return prototype.error();
  if (!*prototype)
    return std::vector<std::string>{};
  std::vector<std::string> lines = declarations(**prototype);
  if (is_return_ && !(**prototype).result.is_none())
    lines.push_back(to_string((**prototype).result) + " retval");
  return lines;
}

void FentryProvider::prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &) const {
  // A function that has gone since is reported by the loading.
  bpf_program__set_attach_target(program, 0, spec.targets.front().function.c_str());
}

Result<Attachments> FentryProvider::attach(bpf_program *program, const image::ProgramSpec &spec,
                                           const AttachOptions &options) const {
  Attachments attachments;
  if (bpf_link *link = bpf_program__attach_trace(program)) {
    attachments.push_back(own_link(link));
    return attachments;
  }
  Error error = attach_error(spec.targets.front().name, errno,
                             {{EBUSY, "the function is traced by something that excludes others", ""},
                              {E2BIG, "too many programs are attached to it already", ""}});
  if (!options.skip_refused(error))
    return error;
  return attachments;
}

}  // namespace

const Provider &fentry_provider() {
  static const FentryProvider row(false);
  return row;
}

const Provider &fexit_provider() {
  static const FentryProvider row(true);
  return row;
}

}  // namespace sonde::probes
