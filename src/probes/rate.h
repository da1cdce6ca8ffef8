// How often interval and profile run: "s:1", "hz:99", "ms:500", "1s", "500000".
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "image/program_image.h"
#include "probes/perf_event.h"

namespace sonde::probes {

struct Rate {
  uint64_t period_ns = 0;  // one of the two is set
  uint64_t frequency_hz = 0;
  uint64_t nanoseconds() const { return period_ns ? period_ns : 1'000'000'000 / frequency_hz; }
};

// `provider` is for messages and hints.
Result<Rate> parse_rate(std::string_view provider, std::string_view spec);

// The tick of a target that match_rate made.
PerfEventSpec clock_event(const image::Target &target);

// The one target of `provider:spec`.
Result<std::vector<image::Target>> match_rate(std::string_view provider, std::string_view spec);
// The forms with a unit whose full spelling matches the glob "provider:spec".
std::vector<std::string> list_rates(std::string_view provider, std::string_view spec);

}  // namespace sonde::probes
