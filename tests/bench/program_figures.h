// What the kernel says of BPF programs that it holds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::bench {

struct ProgramFigures {
  uint32_t id = 0;            // grows with each program that is loaded
  std::string name;           // its first 15 characters
  uint32_t instructions = 0;  // as the kernel keeps them after the verifier
  uint32_t verified = 0;      // that the verifier looked at, each as often as it did; as of Linux 5.16
  uint32_t machine_bytes = 0;
  uint64_t runs = 0, run_time_ns = 0;  // while statistics are on
};

// By id. Of those that the process holds by a descriptor; nothing when it cannot be looked at.
std::vector<ProgramFigures> programs_of(pid_t process);
std::vector<ProgramFigures> all_programs();

// While the descriptor is open, the kernel counts the runs of programs and their time. -1, and errno, if it does not.
int enable_run_statistics();

}  // namespace sonde::bench
