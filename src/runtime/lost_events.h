// What was lost as the programs count it: records that found the ring buffer full, stacks that found no place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::runtime {

class LostEvents {
public:
  // `noun` names one of what is lost. `map_fd`: a per-CPU array with `slots` counters, or -1 when the object has none.
  LostEvents(const char *noun, int map_fd, uint32_t slots, uint32_t possible_cpus);

  // Reads the counters and says how many were lost since the last time: as a record of `json`, or on stderr where it
  // is null.
  void report(std::string *json);
  // The last look is a second ago or more.
  bool is_time_to_look() const;
  uint64_t total() const { return reported_; }

private:
  uint64_t read() const;

  const char *noun_;
  int map_fd_;
  uint32_t slots_;
  uint32_t cpus_;
  uint64_t reported_ = 0;
  int64_t last_look_ns_ = 0;
};

}  // namespace sonde::runtime
