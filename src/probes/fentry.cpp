// fentry and fexit: entry and return of kernel functions and of BPF programs through the kernel's trampolines. Types
// of functions are known; BPF programs have a context that is the kernel's own affair.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "probes/kprobe.h"
#include "probes/links.h"
#include "probes/location.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"f", "kfunc"};
constexpr std::string_view kReturnAliases[] = {"fr", "kretfunc"};
constexpr std::string_view kBpf = "bpf";

// What follows "fentry:", taken apart: "[MODULE:]FUNCTION" or "bpf[:ID]:PROGRAM".
struct FentrySpec {
  std::string_view module;    // a glob; empty where none is given
  std::string_view function;  // or program; a glob
  std::string_view id;        // of BPF programs: a number or a glob
  bool is_program() const { return module == kBpf; }
};

FentrySpec parse_spec(std::string_view spec) {
  FentrySpec parsed;
  size_t colon = spec.find(':');
  if (colon != std::string_view::npos)
    parsed.module = spec.substr(0, colon);
  parsed.function = colon == std::string_view::npos ? spec : spec.substr(colon + 1);
  colon = parsed.is_program() ? parsed.function.find(':') : std::string_view::npos;
  parsed.id = colon == std::string_view::npos ? "*" : parsed.function.substr(0, colon);
  if (colon != std::string_view::npos)
    parsed.function.remove_prefix(colon + 1);
  return parsed;
}

kernel::KernelFunction function_of(const image::Target &target) {
  return {target.function, target.module == "vmlinux" ? std::string_view() : target.module};
}
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
    return is_return_ ? "fexit:[MODULE:]FUNCTION, fexit:bpf[:ID]:PROGRAM"
                      : "fentry:[MODULE:]FUNCTION, fentry:bpf[:ID]:PROGRAM";
  }
  std::string_view summary() const override {
    return is_return_ ? "the return of a kernel function, with its typed arguments and result, or of a BPF program"
                      : "the entry of a kernel function, with its typed arguments, or of a BPF program";
  }
  std::string_view needs() const override {
    return "BPF trampolines (5.5 on x86, 6.0 on arm64), BTF, CONFIG_FUNCTION_TRACER; modules: 5.11";
  }
  std::string_view section() const override { return name(); }
  std::string_view mechanism(const bpf_program *) const override { return "BPF trampoline"; }
  std::string_view lack(kernel::Kernel &kernel) const override {
    return kernel.has(kernel::Feature::Trampolines) ? std::string_view() : "BPF trampolines";
  }
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
  std::string full_name(const kernel::KernelFunction &function) const {
    std::string text;
    text.reserve(name().size() + function.module_name().size() + function.name.size() + 2);
    return ((((text += name()) += ':') += function.module_name()) += ':') += function.name;
  }
  Error spec_error(std::string_view spec, std::string cause, std::string hint, int error_number = 0) const {
    return {"use", fmt::format("{}:{}", name(), spec), std::move(cause), std::move(hint), error_number};
  }
  Error no_function(std::string_view spec, const FentrySpec &parsed, kernel::Kernel &kernel) const;
  Result<std::vector<image::Target>> find(const FentrySpec &spec, kernel::Kernel &kernel) const;
  Result<std::vector<image::Target>> find_programs(const FentrySpec &spec, kernel::Kernel &kernel) const;

  bool is_return_;
};

Error FentryProvider::no_function(std::string_view spec, const FentrySpec &parsed, kernel::Kernel &kernel) const {
  std::string whole = fmt::format("{}:{}", name(), spec);
  if (auto error = parsed.is_program() ? std::nullopt : missing_module(whole, parsed.module, kernel))
    return *error;
  bool is_pattern = has_glob(parsed.function);
  std::string what = parsed.is_program() ? "loaded BPF program" : "kernel function";
  std::string where = parsed.module.empty() || parsed.is_program() ? "" : fmt::format(" in {}", parsed.module);
  std::string known = parsed.is_program() ? "" : " with known types";
  std::vector<std::string> names;
  auto all = find({parsed.module, "*", "*"}, kernel);
  if (all && !has_glob(parsed.function))
    for (const image::Target &target : *all)
      names.push_back(target.function);
  std::string hint = did_you_mean(parsed.function, names);
  if (hint.empty())
    hint = parsed.is_program() ? fmt::format("sonde -l '{}:bpf:*' lists them", name())
                               : "a kprobe reaches functions whose types the kernel does not know";
  return spec_error(spec,
                    is_pattern ? fmt::format("no {}{}{} matches '{}'", what, where, known, parsed.function)
                               : fmt::format("there is no {} '{}'{}{}", what, parsed.function, where, known),
                    std::move(hint), ENOENT);
}

Result<std::vector<image::Target>> FentryProvider::find_programs(const FentrySpec &spec, kernel::Kernel &kernel) const {
  auto programs = kernel.bpf_programs();
  if (!programs)
    return programs.error();
  std::vector<image::Target> targets;
  for (kernel::BpfProgramName &program : *programs) {
    std::string id = std::to_string(program.id);
    if (!matches_glob(spec.id, id) || !matches_glob(spec.function, program.name))
      continue;
    image::Target &target = targets.emplace_back();
    target.name = fmt::format("{}:bpf:{}:{}", name(), id, program.name);
    target.module = kBpf;
    target.function = std::move(program.name);
    target.count = program.id;
  }
  return targets;
}

Result<std::vector<image::Target>> FentryProvider::find(const FentrySpec &spec, kernel::Kernel &kernel) const {
  if (spec.is_program())
    return find_programs(spec, kernel);
  auto functions = kernel.typed_functions(spec.module, spec.function);
  if (!functions)
    return functions.error();
  std::vector<image::Target> targets;
  for (const kernel::KernelFunction &function : *functions) {
    image::Target &target = targets.emplace_back();
    target.module = std::string(function.module_name());
    target.function = std::string(function.name);
    target.name = full_name(function);
  }
  return targets;
}

Result<std::vector<image::Target>> FentryProvider::match(std::string_view spec, const MatchOptions &options) const {
  FentrySpec parsed = parse_spec(spec);
  if (parsed.function.empty())
    return spec_error(spec, "the name of a function is missing", fmt::format("such as {}:vfs_read", name()));
  auto targets = find(parsed, options.kernel);
  if (targets && targets->empty())
    return no_function(spec, parsed, options.kernel);
  return targets;
}

Result<Context> FentryProvider::context(const image::Target &target, kernel::Kernel &kernel) const {
  Context context;
  context.kind = ContextKind::Arguments;
  // The kernel says neither what a BPF program's argument is nor, ahead of loading, where its result will lie.
  if (target.module == kBpf)
    return context;
  auto prototype = kernel.function_prototype(function_of(target));
  if (!prototype)
    return prototype.error();
  if (!*prototype)
    return Error{"use", target.name, "the kernel does not know the function's types", "a kprobe needs none", ENOENT};
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

// A pattern for everything lists functions; BPF programs come and go and are listed when asked for.
Result<std::vector<std::string>> FentryProvider::list(std::string_view spec, const MatchOptions &options) const {
  FentrySpec parsed = parse_spec(spec);
  std::vector<std::string> lines;
  if (parsed.is_program()) {
    auto programs = find_programs(parsed, options.kernel);
    if (!programs)
      return programs.error();
    for (image::Target &program : *programs)
      lines.push_back(std::move(program.name));
    return lines;
  }
  auto functions = options.kernel.typed_functions(parsed.module, parsed.function);
  if (!functions)
    return functions.error();
  lines.reserve(functions->size());
  for (const kernel::KernelFunction &function : *functions)
    lines.push_back(full_name(function));
  return lines;
}

Result<std::vector<std::string>> FentryProvider::arguments(std::string_view spec, const MatchOptions &options) const {
  FentrySpec parsed = parse_spec(spec);
  if (parsed.is_program())
    return std::vector<std::string>{};
  auto prototype = options.kernel.function_prototype(
      {parsed.function, parsed.module == "vmlinux" ? std::string_view() : parsed.module});
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
  // A function or program that has gone since is reported by the loading.
  const image::Target &target = spec.targets.front();
  int traced = target.module == kBpf ? bpf_prog_get_fd_by_id(static_cast<uint32_t>(target.count)) : 0;
  bpf_program__set_attach_target(program, traced, target.function.c_str());
}

Result<Attachments> FentryProvider::attach(bpf_program *program, const image::ProgramSpec &spec,
                                           const AttachOptions &options) const {
  auto attach_one = [&](const image::Target &target) -> Result<Attachments> {
    bpf_link *link = bpf_program__attach_trace(program);
    if (!link)
      return attach_error(target.name, errno,
                          {{EBUSY,
                            "it has no place for a trampoline (it is marked notrace or is part of tracing itself), or "
                            "something that excludes others traces it",
                            "functions that call it can be traced"},
                           {E2BIG, "too many programs are attached to it already", ""}});
    return own_link(link);
  };
  return attach_each(spec.targets, attach_one, options);
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
