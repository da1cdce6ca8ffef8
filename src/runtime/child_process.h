// The program of `-c`: started stopped, let go once the probes are attached, reaped at the end.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace sonde::runtime {

class ChildProcess {
public:
  // Forks a process that waits before its execve of `command` (split into words as a shell would,
  // quotes respected; found through PATH). Errors: empty command, no such program.
  static Result<std::unique_ptr<ChildProcess>> start_stopped(const std::string &command);
  // Kills the process if it never ran or still runs, and reaps it.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  // Readable when the process has ended.
  int pidfd() const { return pidfd_; }
  Result<void> resume();
  // After pidfd() became readable: exit status as a shell would give it (128 + signal when killed).
  int wait();

  ChildProcess(const ChildProcess &) = delete;
  ChildProcess &operator=(const ChildProcess &) = delete;

private:
  ChildProcess(pid_t pid, int pidfd, int release_fd) : pid_(pid), pidfd_(pidfd), release_fd_(release_fd) {}
  pid_t pid_;
  int pidfd_;
  int release_fd_;
  bool reaped_ = false;
};

}  // namespace sonde::runtime
