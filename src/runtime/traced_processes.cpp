// Waits for several processes through one epoll descriptor.
#include "runtime/traced_processes.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sonde::runtime {

Result<std::unique_ptr<TracedProcesses>> TracedProcesses::open(std::span<const int> pids) {
  std::unique_ptr<TracedProcesses> traced(new TracedProcesses);
  if (pids.empty())
    return traced;
  traced->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  for (int pid : pids) {
    int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    epoll_event event{EPOLLIN, {.fd = pidfd}};
    if (pidfd >= 0)
      traced->pidfds_.push_back(pidfd);
    if (pidfd < 0 || epoll_ctl(traced->epoll_, EPOLL_CTL_ADD, pidfd, &event) != 0)
      return Error::from_errno("watch", fmt::format("process {}", pid), errno);
  }
  return traced;
}

TracedProcesses::~TracedProcesses() {
  for (int pidfd : pidfds_)
    close(pidfd);
  if (epoll_ >= 0)
    close(epoll_);
}

bool TracedProcesses::have_ended() {
  epoll_event ended{};
  while (epoll_wait(epoll_, &ended, 1, 0) > 0) {
    close(ended.data.fd);
    std::erase(pidfds_, ended.data.fd);
  }
  return epoll_ >= 0 && pidfds_.empty();
}

}  // namespace sonde::runtime
