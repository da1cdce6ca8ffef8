// Records that found the ring buffer full, as the programs count them.
#pragma once

#include <cstdint>
#include <vector>

namespace sonde::runtime {

class LostEvents {
public:
  // `map_fd`: kLostEventsMap, or -1 when the object has none.
  LostEvents(int map_fd, uint32_t programs, uint32_t possible_cpus);

  // Reads the counters and says on stderr how many were lost since the last time.
  void report();
  // As report(), when the last look is a second ago or more.
  void report_at_times();
  uint64_t total() const { return reported_; }

private:
  uint64_t read() const;

  int map_fd_;
  uint32_t programs_;
  uint32_t cpus_;
  uint64_t reported_ = 0;
  int64_t last_look_ns_ = 0;
};

}  // namespace sonde::runtime
