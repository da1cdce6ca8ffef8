// What the kernel counts of programs that run: how often, and how long that took. It does so while someone asks for it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "kernel/kernel.h"

namespace sonde::runtime {

// While it lives, the kernel counts runs of all programs of the system and their time, as with the sysctl
// kernel.bpf_stats_enabled. Needs Linux 5.8 and CAP_SYS_ADMIN.
class RunStatistics {
public:
  static Result<RunStatistics> enable(kernel::Kernel &kernel);
  ~RunStatistics();
  RunStatistics(RunStatistics &&other) noexcept;
  RunStatistics &operator=(RunStatistics &&) = delete;

private:
  explicit RunStatistics(int fd) : fd_(fd) {}
  int fd_;
};

// Of one program, as counted so far. The time includes what it takes the kernel to read its clock, 20 to 30 ns.
struct RunTime {
  uint64_t runs = 0;
  uint64_t time_ns = 0;

  double average_ns() const { return runs == 0 ? 0 : static_cast<double>(time_ns) / static_cast<double>(runs); }
};
// Nothing, and errno, when the kernel does not say.
std::optional<RunTime> run_time_of(int program_fd);

}  // namespace sonde::runtime
