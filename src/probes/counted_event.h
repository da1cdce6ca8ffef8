// What hardware and software events have in common: a name, and a program that runs on each Nth.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "probes/links.h"
#include "probes/provider.h"

namespace sonde::probes {

struct CountedEvent {
  std::string_view name;
  uint32_t config;         // PERF_COUNT_*
  uint64_t default_count;  // where the script names none
};

class CountedEventProvider : public Provider {
public:
  // `perf_type` is PERF_TYPE_HARDWARE or PERF_TYPE_SOFTWARE.
  CountedEventProvider(image::ProviderKind kind, std::string_view name, std::span<const std::string_view> aliases,
                       uint32_t perf_type, std::span<const CountedEvent> events, std::string_view summary);

  image::ProviderKind kind() const override { return kind_; }
  std::string_view name() const override { return name_; }
  std::span<const std::string_view> aliases() const override { return aliases_; }
  std::string_view syntax() const override { return syntax_; }
  std::string_view summary() const override { return summary_; }
  std::string_view needs() const override {
    return perf_type_ == PERF_TYPE_HARDWARE ? "perf events that this machine's CPU counts" : "perf events";
  }
  std::string_view section() const override { return "perf_event"; }
  Scoping scoping() const override { return Scoping::ByEvent; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override;
  Result<Context> context(const image::Target &target, kernel::Kernel &kernel) const override;
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override;
  Result<Attachments> attach(bpf_program *program, const image::ProgramSpec &spec,
                             const AttachOptions &options) const override;

private:
  const CountedEvent *find(std::string_view name) const;
  Error no_event(std::string_view spec, std::string_view name) const;

  image::ProviderKind kind_;
  std::string_view name_;
  std::span<const std::string_view> aliases_;
  uint32_t perf_type_;
  std::span<const CountedEvent> events_;
  std::string_view summary_;
  std::string syntax_;
};

}  // namespace sonde::probes
