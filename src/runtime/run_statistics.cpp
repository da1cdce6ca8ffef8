// BPF_ENABLE_STATS, whose descriptor keeps the statistics on, and bpf_prog_info, where they are.
#include "runtime/run_statistics.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sonde::runtime {

Result<RunStatistics> RunStatistics::enable(kernel::Kernel &kernel) {
  const char *action = "count", *object = "the run time of programs";
  if (!kernel.has(kernel::Feature::RunStatistics))
    return Error{action, object, "this kernel keeps no statistics of them for a tracer", "Linux 5.8 and later do", 0};
  int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0)
    return Error::from_errno(action, object, errno, "it takes the right CAP_SYS_ADMIN: run as root");
  return RunStatistics(fd);
}

RunStatistics::RunStatistics(RunStatistics &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

RunStatistics::~RunStatistics() {
  if (fd_ >= 0)
    close(fd_);
}

std::optional<RunTime> run_time_of(int program_fd) {
  bpf_prog_info about{};
  uint32_t size = sizeof about;
  if (bpf_obj_get_info_by_fd(program_fd, &about, &size) != 0)
    return std::nullopt;
  return RunTime{about.run_cnt, about.run_time_ns};
}

}  // namespace sonde::runtime
