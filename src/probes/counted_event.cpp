// Matches, lists and attaches hardware and software events.
#include "probes/counted_event.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "probes/perf_event.h"

namespace sonde::probes {

CountedEventProvider::CountedEventProvider(image::ProviderKind kind, std::string_view name,
                                           std::span<const std::string_view> aliases, uint32_t perf_type,
                                           std::span<const CountedEvent> events, std::string_view summary)
    : kind_(kind), name_(name), aliases_(aliases), perf_type_(perf_type), events_(events), summary_(summary),
      syntax_(fmt::format("{}:EVENT[:COUNT]", name)) {}

const CountedEvent *CountedEventProvider::find(std::string_view name) const {
  for (const CountedEvent &event : events_)
    if (event.name == name)
      return &event;
  return nullptr;
}

Error CountedEventProvider::no_event(std::string_view spec, std::string_view name) const {
  std::vector<std::string> names;
  for (const CountedEvent &event : events_)
    names.emplace_back(event.name);
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint = fmt::format("events are: {}", fmt::join(names, ", "));
  return {"use", fmt::format("{}:{}", name_, spec), fmt::format("there is no {} event '{}'", name_, name),
          std::move(hint)};
}

Result<std::vector<image::Target>> CountedEventProvider::match(std::string_view spec, const MatchOptions &) const {
  size_t colon = spec.find(':');
  const CountedEvent *event = find(spec.substr(0, colon));
  if (!event)
    return no_event(spec, spec.substr(0, colon));
  image::Target target;
  target.name = fmt::format("{}:{}", name_, spec);
  target.function = std::string(event->name);
  target.count = event->default_count;
  std::string_view count = colon == std::string_view::npos ? "" : spec.substr(colon + 1);
  if (!count.empty()) {
    // Grouped as in 1_000, like all numbers.
    std::string digits(count);
    std::erase(digits, '_');
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), target.count);
    if (error != std::errc() || end != digits.data() + digits.size() || target.count == 0)
      return Error{"use", target.name, fmt::format("'{}' is not a positive whole number", count),
                   "write how many events lie between two runs of the probe"};
  }
  return std::vector<image::Target>{std::move(target)};
}

Result<Context> CountedEventProvider::context(const image::Target &, kernel::Kernel &) const {
  Context context;
  context.kind = ContextKind::PerfEvent;
  return context;
}

Result<std::vector<std::string>> CountedEventProvider::list(std::string_view spec, const MatchOptions &) const {
  std::vector<std::string> lines;
  for (const CountedEvent &event : events_)
    if (std::string own = fmt::format("{}:", event.name); matches_glob(spec, own) || matches_glob(spec, event.name))
      lines.push_back(fmt::format("{}:{}", name_, own));
  return lines;
}

Result<Attachments> CountedEventProvider::attach(bpf_program *program, const image::ProgramSpec &spec,
                                                 const AttachOptions &options) const {
  // An event that this version does not know (an image can come from another one) is the kernel's to refuse.
  auto event_of = [&](const image::Target &target) {
    const CountedEvent *known = find(target.function);
    return PerfEventSpec{perf_type_, known ? known->config : UINT64_MAX, target.count};
  };
  return attach_perf_events(program, spec, PerfScope::Everywhere, event_of, options);
}

}  // namespace sonde::probes
