// rawtracepoint: tracepoints with the arguments that the kernel's code passes, instead of a record made of them.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/text.h"
#include "probes/links.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"rt"};
constexpr std::string_view kVmlinux = "vmlinux:";

Error raw_tracepoint_error(std::string_view spec, std::string cause, std::string hint, int error_number = 0) {
  return {"use", fmt::format("rawtracepoint:{}", spec), std::move(cause), std::move(hint), error_number};
}

Error no_event(std::string_view spec, std::string_view event, kernel::Kernel &kernel) {
  std::string hint;
  if (auto all = kernel.raw_tracepoints("*"); all && !has_glob(event))
    hint = did_you_mean(event, *all);
  if (hint.empty())
    hint = "sonde -l 'rawtracepoint:*' lists them";
  return raw_tracepoint_error(spec,
                              has_glob(event) ? fmt::format("no raw tracepoint matches '{}'", event)
                                              : fmt::format("there is no raw tracepoint '{}'", event),
                              std::move(hint), ENOENT);
}

class RawTracepointProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::RawTracepoint; }
  std::string_view name() const override { return "rawtracepoint"; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return "rawtracepoint:[vmlinux:]EVENT"; }
  std::string_view summary() const override { return "a tracepoint, with the arguments that the kernel's code passes"; }
  std::string_view needs() const override { return "BTF for names and types"; }
  std::string_view section() const override { return "raw_tp"; }
  std::string_view mechanism(const bpf_program *) const override { return "raw tracepoint"; }
  std::string group(const image::Target &target) const override { return target.name; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    std::string_view event = spec;
    if (event.starts_with(kVmlinux))
      event.remove_prefix(kVmlinux.size());
    if (event.empty())
      return raw_tracepoint_error(spec, "the name of an event is missing", "such as rawtracepoint:sched_switch");
    if (event.find(':') != std::string_view::npos)
      return raw_tracepoint_error(spec, "only the kernel's own raw tracepoints can be used, not those of modules",
                                  "tracepoint:CATEGORY:EVENT reaches those too");
    auto names = options.kernel.raw_tracepoints(event);
    if (!names)
      return names.error();
    if (names->empty())
      return no_event(spec, event, options.kernel);
    std::vector<image::Target> targets;
    for (std::string &name : *names) {
      image::Target &target = targets.emplace_back();
      target.name = fmt::format("rawtracepoint:{}", name);
      target.function = std::move(name);
    }
    return targets;
  }

  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override {
    auto prototype = kernel.raw_tracepoint_prototype(target.function);
    if (!prototype)
      return prototype.error();
    Context context;
    context.kind = ContextKind::Arguments;
    context.has_numbered_args = true;
    if (*prototype) {
      auto layout = std::make_shared<StructLayout>((**prototype).parameters);
      layout->name = "_rawtracepoint_" + target.function;
      context.args = Type::structure(layout->name, layout);
    }
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    auto names = options.kernel.raw_tracepoints(spec);
    if (!names)
      return names.error();
    for (std::string &name : *names)
      name = fmt::format("rawtracepoint:{}", name);
    return names;
  }

  Result<std::vector<std::string>> arguments(std::string_view spec, const MatchOptions &options) const override {
    auto prototype = options.kernel.raw_tracepoint_prototype(std::string(spec));
    if (!prototype)
      return prototype.error();
    return *prototype ? declarations(**prototype) : std::vector<std::string>{};
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    auto attach_one = [&](const image::Target &target) -> Result<Attachments> {
      bpf_link *link = bpf_program__attach_raw_tracepoint(program, target.function.c_str());
      if (!link)
        return attach_error(target.name, errno,
                            {{ENOENT, "the kernel has no such raw tracepoint", ""},
                             {EINVAL, "the script reads an argument that it does not have", ""}});
      return own_link(link);
    };
    return attach_each(spec.targets, attach_one, options);
  }
};

}  // namespace

const Provider &raw_tracepoint_provider() {
  static const RawTracepointProvider row;
  return row;
}

}  // namespace sonde::probes
