// kprobe and kretprobe: entry and return of kernel functions.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "kernel/function_size.h"
#include "probes/kprobe.h"
#include "probes/links.h"
#include "probes/location.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kEntryAliases[] = {"k"};
constexpr std::string_view kReturnAliases[] = {"kr"};

// What follows "kprobe:", taken apart.
struct KprobeSpec {
  std::string module;  // a glob; empty for any
  CodeLocation place;
};

Result<KprobeSpec> parse_spec(std::string_view spec, const std::string &whole) {
  KprobeSpec parsed;
  std::string_view rest = spec;
  std::string_view first = rest;
  std::string part = take_part(rest);
  if (first.size() != rest.size() && (!rest.empty() || spec.ends_with(":"))) {
    parsed.module = part;
    first = rest;
  }
  auto place = parse_location(first, whole);
  if (!place)
    return place.error();
  parsed.place = place.take();
  return parsed;
}

constexpr const char *kCallersHint = "/sys/kernel/debug/kprobes/blacklist lists functions that it keeps probes out of; "
                                     "those that call them can be traced";

bool is_wildcard(const KprobeSpec &spec) { return has_glob(spec.module) || has_glob(spec.place.name); }

Error no_function(const std::string &whole, const KprobeSpec &spec, kernel::Kernel &kernel) {
  const std::string &name = spec.place.name;
  if (auto error = missing_module(whole, spec.module, kernel))
    return *error;
  std::string in = spec.module.empty() ? "the kernel" : "kernel module " + spec.module;
  if (has_glob(name))
    return {"use", whole, fmt::format("no function of {} matches '{}'", in, name), "sonde -l 'kprobe:*' lists them",
            ENOENT};
  if (spec.module.empty() && kernel.symbol_address(name))
    return {"use", whole,
            fmt::format("the kernel has '{}', but keeps probes out of it: it is no function, is marked "
                        "notrace or is part of tracing itself",
                        name),
            kCallersHint, ENOENT};
  std::vector<std::string> names;
  if (auto functions = kernel.functions(spec.module, "*"))
    for (const kernel::KernelFunction &function : *functions)
      names.emplace_back(function.name);
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint = "a function that the compiler inlined everywhere has no place to probe";
  return {"use", whole, fmt::format("there is no function '{}' in {}", name, in), std::move(hint), ENOENT};
}

// The kernel would take it for a place in the next function.
std::optional<Error> past_the_end(const image::Target &target) {
  if (target.offset == 0)
    return std::nullopt;
  auto size = kernel::function_size(target.module, target.function);
  if (!size || target.offset < *size)
    return std::nullopt;
  Error error = offset_past_end(target.name, target.function, *size);
  error.action = "attach to";
  return error;
}

class KprobeProvider : public Provider {
public:
  explicit KprobeProvider(bool is_return) : is_return_(is_return) {}

  image::ProviderKind kind() const override {
    return is_return_ ? image::ProviderKind::Kretprobe : image::ProviderKind::Kprobe;
  }
  std::string_view name() const override { return is_return_ ? "kretprobe" : "kprobe"; }
  std::span<const std::string_view> aliases() const override {
    return is_return_ ? std::span(kReturnAliases) : std::span(kEntryAliases);
  }
  std::string_view syntax() const override {
    return is_return_ ? "kretprobe:[MODULE:]FUNCTION" : "kprobe:[MODULE:]FUNCTION[+OFFSET]";
  }
  std::string_view summary() const override {
    return is_return_ ? "the return of a kernel function" : "the entry of a kernel function, or a place in it";
  }
  std::string_view needs() const override {
    return "CONFIG_KPROBES; one link for many functions: 5.18 and CONFIG_FPROBE";
  }
  bool is_alike_everywhere() const override { return true; }
  std::string_view section() const override { return is_return_ ? "kretprobe" : "kprobe"; }
  std::string_view mechanism(const bpf_program *program) const override {
    return bpf_program__expected_attach_type(program) == BPF_TRACE_KPROBE_MULTI ? "kprobe.multi" : "perf event";
  }
  std::string_view lack(kernel::Kernel &kernel) const override {
    return kernel.has(kernel::Feature::Kprobes) ? std::string_view() : "CONFIG_KPROBES";
  }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override;
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override;
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override;
  void prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const override;
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override;

private:
  std::string full_name(std::string_view module, std::string_view function, uint64_t offset) const;
  std::optional<Error> check_form(const KprobeSpec &spec, const std::string &whole, bool unsafe) const;
  Result<std::vector<image::Target>> match_functions(const KprobeSpec &spec, const std::string &whole,
                                                     const MatchOptions &options) const;
  Result<Attachments> attach_one(bpf_program *program, const image::Target &target, bool needs_cookie,
                                 kernel::Kernel &kernel) const;
  Result<Attachments> attach_group(bpf_program *program, std::span<const image::Target *const> targets,
                                   kernel::Kernel &kernel) const;

  bool is_return_;
};

// Listings make 60,000 of these: a formatted one would take three times as long.
std::string KprobeProvider::full_name(std::string_view module, std::string_view function, uint64_t offset) const {
  std::string text;
  text.reserve(name().size() + module.size() + function.size() + 2);
  (text += name()) += ':';
  if (!module.empty())
    (text += module) += ':';
  text += function;
  return offset ? fmt::format("{}+{}", text, offset) : text;
}

// What the kernel could do but nobody should ask for.
std::optional<Error> KprobeProvider::check_form(const KprobeSpec &spec, const std::string &whole, bool unsafe) const {
  const CodeLocation &place = spec.place;
  if (is_return_ && (place.offset || place.address))
    return Error{"use", whole, "a kretprobe is set on a whole function, not on a place in it",
                 "kprobe:FUNCTION+OFFSET reaches a place"};
  if (place.address && !unsafe)
    return Error{"use", whole, "a probe at a raw address can crash the kernel", "pass --unsafe to allow it"};
  if (place.offset && is_wildcard(spec))
    return Error{"use", whole, "an offset and a wildcard do not go together", "name one function"};
  return std::nullopt;
}

Result<std::vector<image::Target>> KprobeProvider::match(std::string_view spec, const MatchOptions &options) const {
  std::string whole = fmt::format("{}:{}", name(), spec);
  auto parsed = parse_spec(spec, whole);
  if (!parsed)
    return parsed.error();
  if (auto error = check_form(*parsed, whole, options.unsafe))
    return *error;
  if (!parsed->place.address)
    return match_functions(*parsed, whole, options);
  image::Target target;
  target.name = whole;
  target.address = *parsed->place.address;
  return std::vector<image::Target>{std::move(target)};
}

Result<std::vector<image::Target>> KprobeProvider::match_functions(const KprobeSpec &spec, const std::string &whole,
                                                                   const MatchOptions &options) const {
  auto functions = options.kernel.functions(spec.module, spec.place.name);
  if (!functions)
    return functions.error();
  if (functions->empty())
    return no_function(whole, spec, options.kernel);
  std::vector<image::Target> targets;
  for (const kernel::KernelFunction &function : *functions) {
    // Without a module in the spec, functions of one name are one target: the kernel knows them by name.
    std::string_view module = spec.module.empty() ? std::string_view() : function.module_name();
    image::Target target;
    target.name = full_name(module, function.name, spec.place.offset);
    if (!targets.empty() && targets.back().name == target.name)
      continue;
    target.module = std::string(module);
    target.function = std::string(function.name);
    target.offset = spec.place.offset;
    targets.push_back(std::move(target));
  }
  return targets;
}

Result<Context> KprobeProvider::context(const image::Target &target, kernel::Kernel &) const {
  Context context;
  context.kind = ContextKind::Registers;
  // Arguments are where the calling convention put them at the entry only.
  context.has_numbered_args = !is_return_ && target.offset == 0 && target.address == 0;
  context.has_retval = is_return_;
  context.has_function = true;
  return context;
}

Result<std::vector<std::string>> KprobeProvider::list(std::string_view spec, const MatchOptions &options) const {
  size_t colon = spec.find(':');
  std::string_view module = colon == std::string_view::npos ? "" : spec.substr(0, colon);
  std::string_view function = colon == std::string_view::npos ? spec : spec.substr(colon + 1);
  auto functions = options.kernel.functions(module, function);
  if (!functions)
    return functions.error();
  std::vector<std::string> lines;
  lines.reserve(functions->size());
  for (const kernel::KernelFunction &found : *functions) {
    std::string line = full_name(module.empty() ? std::string_view() : found.module_name(), found.name, 0);
    if (lines.empty() || lines.back() != line)
      lines.push_back(std::move(line));
  }
  return lines;
}

void KprobeProvider::prepare(bpf_program *program, const image::ProgramSpec &spec, const AttachOptions &options) const {
  if (can_share_kprobe_link(spec.targets) && options.kernel.has(kernel::Feature::KprobeMulti))
    bpf_program__set_expected_attach_type(program, BPF_TRACE_KPROBE_MULTI);
}

Result<Attachments> KprobeProvider::attach_group(bpf_program *program, std::span<const image::Target *const> targets,
                                                 kernel::Kernel &kernel) const {
  std::vector<const char *> names;
  std::vector<__u64> cookies;
  for (const image::Target *target : targets) {
    names.push_back(target->function.c_str());
    cookies.push_back(target->name_index);
  }
  LIBBPF_OPTS(bpf_kprobe_multi_opts, options);
  options.syms = names.data();
  options.cookies = cookies.data();
  options.cnt = names.size();
  options.retprobe = is_return_;
  bpf_link *link = bpf_program__attach_kprobe_multi_opts(program, nullptr, &options);
  if (!link)
    return refused_kprobe(targets.front()->name, errno, kernel);
  return own_link(link);
}

Result<Attachments> KprobeProvider::attach_one(bpf_program *program, const image::Target &target, bool needs_cookie,
                                               kernel::Kernel &kernel) const {
  if (auto error = past_the_end(target))
    return *error;
  LIBBPF_OPTS(bpf_kprobe_opts, options);
  options.retprobe = is_return_;
  options.offset = target.offset;
  if (needs_cookie)
    options.bpf_cookie = target.name_index;
  std::string function = target.function;
  if (!target.module.empty() && target.module != "vmlinux")
    function = target.module + ":" + function;
  // An address goes to the kernel as an offset from no function.
  if (target.address)
    options.offset = target.address;
  bpf_link *link = bpf_program__attach_kprobe_opts(program, target.address ? nullptr : function.c_str(), &options);
  if (!link)
    return refused_kprobe(target.name, errno, kernel);
  return own_link(link);
}

Result<Attachments> KprobeProvider::attach(bpf_program *program, const image::ProgramSpec &spec,
                                           const AttachOptions &options) const {
  if (bpf_program__expected_attach_type(program) == BPF_TRACE_KPROBE_MULTI) {
    std::vector<const image::Target *> targets;
    for (const image::Target &target : spec.targets)
      targets.push_back(&target);
    return attach_in_groups(
        targets, [&](auto group) { return attach_group(program, group, options.kernel); }, options);
  }
  return attach_each(
      spec.targets,
      [&](const image::Target &target) { return attach_one(program, target, spec.needs_cookie, options.kernel); },
      options);
}

}  // namespace

Error refused_kprobe(const std::string &target, int error_number, kernel::Kernel &kernel) {
  if (!kernel.has(kernel::Feature::Kprobes))
    return {"attach to", target, "this kernel was built without kprobes (CONFIG_KPROBES)",
            "tracepoints may show the same; sonde -l 'tracepoint:*' lists them", error_number};
  return attach_error(
      target, error_number,
      {{ENOENT, "the kernel has no such function to probe: it was inlined, or its module is not loaded", ""},
       {ESRCH, "the kernel has no such function to trace: it was inlined, or its module is not loaded", ""},
       {EADDRNOTAVAIL, "several functions of the kernel have that name, or none",
        "kprobe:MODULE:FUNCTION tells those of modules apart"},
       {EINVAL,
        "the kernel does not allow a probe there (the function is marked notrace or is part of tracing "
        "itself, or the offset is inside an instruction)",
        kCallersHint},
       {EILSEQ, "the offset is not at the start of an instruction",
        "objdump -d of the kernel's vmlinux, or of the module, shows where instructions start"},
       {EOPNOTSUPP, "that instruction cannot be probed", ""},
       {EBUSY, "another kind of probe is at that place already", ""}});
}

std::optional<Error> missing_module(const std::string &whole, std::string_view module, kernel::Kernel &kernel) {
  if (module.empty() || has_glob(module))
    return std::nullopt;
  auto functions = kernel.functions(module, "*");
  if (!functions || !functions->empty())
    return std::nullopt;
  return Error{"use", whole, fmt::format("no kernel module '{}' with functions is loaded", module),
               fmt::format("`modprobe {}` loads one, `lsmod` lists those that are", module), ENOENT};
}

// Functions that only kallsyms knows make such a link fail as a whole, so it serves wildcards alone: their matches
// come from the kernel's list of traceable functions.
bool can_share_kprobe_link(std::span<const image::Target> targets) {
  auto is_plain = [](const image::Target &target) { return target.offset == 0 && target.address == 0; };
  return targets.size() > 1 && std::all_of(targets.begin(), targets.end(), is_plain);
}

const Provider &kprobe_provider() {
  static const KprobeProvider row(false);
  return row;
}

const Provider &kretprobe_provider() {
  static const KprobeProvider row(true);
  return row;
}

}  // namespace sonde::probes
