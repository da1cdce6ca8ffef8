// The kernel's boot-time nanoseconds as wall-clock time, and strftime over both.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace sonde::runtime {

struct Clock {
  int64_t boot_epoch_ns = 0;  // wall-clock time, in ns since 1970, at boot-time 0

  static Clock running();
};

uint64_t boot_time_ns();
uint64_t monotonic_time_ns();
uint64_t tai_ahead_of_boot_ns();  // CLOCK_TAI - CLOCK_BOOTTIME
int64_t wall_time_ns();

// strftime in local time, with %f for microseconds.
void append_time(std::string &out, const std::string &format, int64_t wall_ns);

}  // namespace sonde::runtime
