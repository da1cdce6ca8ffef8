// software: events that the kernel counts, such as page faults; the program runs on each Nth.
#include <fmt/format.h>
#include <linux/perf_event.h>

#include <charconv>

#include "base/text.h"
#include "probes/perf_event.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"s"};

struct SoftwareEvent {
  std::string_view name;
  uint32_t config;         // PERF_COUNT_SW_*
  uint64_t default_count;  // as bpftrace's; for clocks in nanoseconds
};

// Sorted as listings are: by name, short names too.
constexpr SoftwareEvent kEvents[] = {
    {"alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
    {"bpf-output", PERF_COUNT_SW_BPF_OUTPUT, 1},
    {"context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"cpu-clock", PERF_COUNT_SW_CPU_CLOCK, 1000000},
    {"cpu-migrations", PERF_COUNT_SW_CPU_MIGRATIONS, 1},
    {"cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000},
    {"cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"dummy", PERF_COUNT_SW_DUMMY, 1},
    {"emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS, 1},
    {"faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"major-faults", PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
    {"minor-faults", PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
    {"page-faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"task-clock", PERF_COUNT_SW_TASK_CLOCK, 1},
};

const SoftwareEvent *find_event(std::string_view name) {
  for (const SoftwareEvent &event : kEvents)
    if (event.name == name)
      return &event;
  return nullptr;
}

Error software_error(std::string_view spec, std::string cause, std::string hint) {
  return {"use", fmt::format("software:{}", spec), std::move(cause), std::move(hint)};
}

Error no_event(std::string_view spec, std::string_view name) {
  std::vector<std::string> names;
  for (const SoftwareEvent &event : kEvents)
    names.emplace_back(event.name);
  std::string hint = did_you_mean(name, names);
  return software_error(spec, fmt::format("there is no software event '{}'", name),
                        hint.empty() ? "events are: " + fmt::format("{}", fmt::join(names, ", ")) : hint);
}

class SoftwareProvider : public Provider {
public:
  image::ProviderKind kind() const override { return image::ProviderKind::Software; }
  std::string_view name() const override { return "software"; }
  std::span<const std::string_view> aliases() const override { return kAliases; }
  std::string_view syntax() const override { return "software:EVENT[:COUNT]"; }
  std::string_view summary() const override { return "each COUNTth event that the kernel counts in software"; }
  std::string_view section() const override { return "perf_event"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &) const override {
    size_t colon = spec.find(':');
    const SoftwareEvent *event = find_event(spec.substr(0, colon));
    if (!event)
      return no_event(spec, spec.substr(0, colon));
    image::Target target;
    target.name = fmt::format("software:{}", spec);
    target.function = std::string(event->name);
    target.count = event->default_count;
    std::string_view count = colon == std::string_view::npos ? "" : spec.substr(colon + 1);
    if (!count.empty()) {
      auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), target.count);
      if (error != std::errc() || end != count.data() + count.size() || target.count == 0)
        return software_error(spec, fmt::format("'{}' is not a positive whole number", count),
                              "write how many events lie between two runs of the probe");
    }
    return std::vector<image::Target>{std::move(target)};
  }

  Result<Context> context(const image::Target &, kernel::Kernel &) const override {
    Context context;
    context.kind = ContextKind::PerfEvent;
    return context;
  }

  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &) const override {
    std::vector<std::string> lines;
    for (const SoftwareEvent &event : kEvents)
      if (std::string own = fmt::format("{}:", event.name); matches_glob(spec, own) || matches_glob(spec, event.name))
        lines.push_back("software:" + own);
    return lines;
  }

  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override {
    Attachments all;
    for (const image::Target &target : spec.targets) {
      const SoftwareEvent *known = find_event(target.function);
      if (!known)
        return no_event(target.function, target.function);
      PerfEventSpec event{PERF_TYPE_SOFTWARE, known->config, target.count, spec.needs_cookie ? target.name_index : 0};
      auto attached = attach_everywhere(program, target.name, event, options);
      if (!attached)
        return attached.error();
      for (auto &one : *attached)
        all.push_back(std::move(one));
    }
    return all;
  }
};

}  // namespace

const Provider &software_provider() {
  static const SoftwareProvider row;
  return row;
}

}  // namespace sonde::probes
