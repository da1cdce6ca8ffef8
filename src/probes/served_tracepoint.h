// Tracepoints that are reached in another way than perf's: to users they are tracepoints all the same.
#pragma once

#include "probes/provider.h"
#include "probes/provider_rows.h"

namespace sonde::probes {

// As raw tracepoints, which detach at once.
class ServedTracepointProvider : public Provider {
public:
  std::string_view name() const override { return tracepoint_provider().name(); }
  std::span<const std::string_view> aliases() const override { return {}; }
  std::string_view syntax() const override { return tracepoint_provider().syntax(); }
  std::string_view summary() const override { return tracepoint_provider().summary(); }
  std::string_view needs() const override { return tracepoint_provider().needs(); }
  std::string_view section() const override { return "raw_tp"; }
  std::string_view mechanism(const bpf_program *) const override { return "raw tracepoint"; }

  Result<std::vector<image::Target>> match(std::string_view spec, const MatchOptions &options) const override {
    return tracepoint_provider().match(spec, options);
  }
  Result<std::vector<std::string>> list(std::string_view spec, const MatchOptions &options) const override {
    return tracepoint_provider().list(spec, options);
  }
};

}  // namespace sonde::probes
