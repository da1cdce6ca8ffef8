// The processes of -p: the run ends when the last of them has.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"

namespace sonde::runtime {

class TracedProcesses {
public:
  static Result<std::unique_ptr<TracedProcesses>> open(std::span<const int> pids);
  ~TracedProcesses();
  TracedProcesses(const TracedProcesses &) = delete;
  TracedProcesses &operator=(const TracedProcesses &) = delete;

  // Readable when one of them has ended; -1 without any.
  int fd() const { return epoll_; }
  // To be asked when it is.
  bool have_ended();

private:
  TracedProcesses() = default;
  int epoll_ = -1;
  std::vector<int> pidfds_;  // of those that have not ended
};

}  // namespace sonde::runtime
