// Sums the per-CPU counters of all programs.
#include "runtime/lost_events.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <cstdio>

#include "runtime/clock.h"
#include "runtime/format_json.h"

namespace sonde::runtime {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

LostEvents::LostEvents(const char *noun, int map_fd, uint32_t slots, uint32_t possible_cpus)
    : noun_(noun), map_fd_(map_fd), slots_(slots), cpus_(possible_cpus),
      last_look_ns_(static_cast<int64_t>(boot_time_ns())) {}

void LostEvents::report(std::string *json) {
  last_look_ns_ = static_cast<int64_t>(boot_time_ns());
  uint64_t now = read();
  if (now > reported_ && json)
    append_json_count(*json, fmt::format("lost_{}s", noun_), fmt::format("{}s", noun_), now - reported_);
  else if (now > reported_)
    fmt::print(stderr, "Lost {} {}{}\n", now - reported_, noun_, now - reported_ == 1 ? "" : "s");
  reported_ = now;
}

bool LostEvents::is_time_to_look() const { return static_cast<int64_t>(boot_time_ns()) - last_look_ns_ >= kSecond; }

uint64_t LostEvents::read() const {
  if (map_fd_ < 0)
    return 0;
  uint64_t sum = 0;
  std::vector<uint64_t> values(cpus_);
  for (uint32_t slot = 0; slot < slots_; ++slot)
    if (bpf_map_lookup_elem(map_fd_, &slot, values.data()) == 0)
      for (uint64_t value : values)
        sum += value;
  return sum;
}

}  // namespace sonde::runtime
