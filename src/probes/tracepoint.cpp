// tracepoint: static events of the kernel, with the fields of their records as `args`.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/text.h"
#include "kernel/syscall_numbers.h"
#include "probes/links.h"
#include "probes/plain_tracepoint.h"
#include "probes/provider_rows.h"
#include "probes/syscall_tracepoint.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"t"};
constexpr std::string_view kSyntax = "tracepoint:CATEGORY:EVENT";

struct EventPattern {
  std::string_view category;
  std::string_view event;
};

Result<EventPattern> parse_spec(std::string_view spec) {
  size_t colon = spec.find(':');
  EventPattern pattern{spec.substr(0, colon), colon == std::string_view::npos ? "" : spec.substr(colon + 1)};
  if (pattern.category.empty() || pattern.event.empty())
    return Error{"use", fmt::format("tracepoint:{}", spec), "a tracepoint has a category and an event",
                 fmt::format("write {}, such as tracepoint:sched:sched_switch", kSyntax)};
  return pattern;
}

// The nearest event of that category or, when the category is wrong too, of all.
std::string suggestion(const EventPattern &pattern, kernel::Kernel &kernel) {
  for (std::string_view category : {pattern.category, std::string_view("*")}) {
    auto names = kernel.tracepoints(category, "*");
    if (!names)
      return {};
    std::vector<std::string> spellings;
    for (const auto &name : *names)
      spellings.push_back(name.category + ":" + name.event);
    std::string hint = did_you_mean(fmt::format("{}:{}", pattern.category, pattern.event), spellings);
    if (!hint.empty())
      return hint;
  }
  return {};
}

Error no_tracepoint(std::string_view spec, const EventPattern &pattern, kernel::Kernel &kernel) {
  bool is_pattern = has_glob(spec);
  std::string cause =
      is_pattern ? fmt::format("no tracepoint matches '{}'", spec) : fmt::format("there is no tracepoint '{}'", spec);
  std::string hint = is_pattern ? std::string() : suggestion(pattern, kernel);
  if (hint.empty())
    hint = "sonde -l 'tracepoint:*' lists them";
  return {"use", fmt::format("tracepoint:{}", spec), std::move(cause), std::move(hint), ENOENT};
}

std::optional<uint32_t> number_of(const kernel::TracepointName &name, Arch arch) {
  if (name.category != "syscalls")
    return std::nullopt;
  for (std::string_view prefix : {kSyscallEnter, kSyscallExit})
    if (name.event.starts_with(prefix))
      return kernel::syscall_number(std::string_view(name.event).substr(prefix.size()), arch);
  return std::nullopt;
}

image::Target make_target(kernel::TracepointName name, Arch arch) {
  image::Target target;
  target.syscall = number_of(name, arch);
  target.name = fmt::format("tracepoint:{}:{}", name.category, name.event);
  target.module = std::move(name.category);
  target.function = std::move(name.event);
  return target;
}

Error refused(const image::Target &target, int error_number) {
  return attach_error(target.name, error_number,
                      {{ENOENT, "the kernel has no such tracepoint", "sonde -l 'tracepoint:*' lists them"},
                       {EEXIST, "the same program is attached to it already", ""},
                       {EACCES, "the program reads past the end of the event's record", ""}});
}

class TracepointProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Tracepoint; }
  std::string_view name() const override { return "tracepoint"; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return kSyntax; }
  std::string_view summary() const override { return "an event that the kernel's authors marked"; }
  std::string_view needs() const override {
    return "CONFIG_FTRACE_SYSCALLS for those of system calls, tracefs; one program for several: 5.15";
  }
  std::string_view section() const override { return "tracepoint"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    auto pattern = parse_spec(spec);
    if (!pattern)
      return pattern.error();
    auto names = options.kernel.tracepoints(pattern->category, pattern->event);
    if (!names)
      return names.error();
    if (names->empty())
      return no_tracepoint(spec, *pattern, options.kernel);
    std::vector<image::Target> targets;
    for (kernel::TracepointName &name : *names)
      targets.push_back(make_target(std::move(name), options.kernel.arch()));
    return targets;
  }

  // Taking back a tracepoint costs a grace period of 70 ms each, taking back a raw one next to nothing. The two events
  // through which all system calls pass can be had so, and every event whose record is not read.
  const Provider &serving(const image::Target &target, const Reads &reads, kernel::Kernel &kernel) const override {
    if (target.syscall && kernel.has(kernel::Feature::RawTracepoints) && find_compat_test(kernel))
      return target.function.starts_with(kSyscallEnter) ? syscall_enter_provider() : syscall_exit_provider();
    if (!reads.args && !reads.kernel_stack && can_be_plain(target, kernel))
      return plain_tracepoint_provider();
    return *this;
  }

  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    auto format = kernel.tracepoint_format(target.module, target.function);
    if (!format)
      return format.error();
    Context context;
    context.kind = ContextKind::TracepointRecord;
    context.pointers = target.module == "syscalls" ? AddressSpace::User : AddressSpace::Kernel;
    std::string name = format->arguments.name;
    context.args = Type::structure(name, std::make_shared<const StructLayout>(std::move(format->arguments)));
    return context;
  }

  // "*" alone and "cat*" stand for whole spellings here.
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    size_t colon = spec.find(':');
    std::string_view category = colon == std::string_view::npos ? "*" : spec.substr(0, colon);
    std::string_view event = colon == std::string_view::npos ? "*" : spec.substr(colon + 1);
    auto names = options.kernel.tracepoints(category, event);
    if (!names)
      return names.error();
    std::vector<std::string> lines;
    lines.reserve(names->size());
    for (const kernel::TracepointName &name : *names)
      if (std::string own = name.category + ":" + name.event; matches_glob(spec, own))
        lines.push_back("tracepoint:" + own);
    return lines;
  }

  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override {
    auto pattern = parse_spec(spec);
    if (!pattern)
      return pattern.error();
    auto format = options.kernel.tracepoint_format(std::string(pattern->category), std::string(pattern->event));
    if (!format)
      return format.error();
    return std::move(format->declarations);
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &attach_options) const override {
    auto attach_one = [&](const image::Target &target) -> Result<Attachments> {
      LIBBPF_OPTS(bpf_tracepoint_opts, options);
      if (spec.needs_cookie)
        options.bpf_cookie = target.name_index;
      bpf_link *link =
          bpf_program__attach_tracepoint_opts(program, target.module.c_str(), target.function.c_str(), &options);
      if (!link)
        return refused(target, errno);
      return own_link(link);
    };
    return attach_each(spec.targets, attach_one, attach_options);
  }
};

}  // namespace

const Provider &tracepoint_provider() {
  static const TracepointProvider row;
  return row;
}

}  // namespace sonde::probes
