// SIGINT, SIGTERM and SIGHUP as something to poll for, so that they end a run in order; SIGPIPE is
// ignored, writes report it. Everything is as before when the object dies.
#pragma once

#include <csignal>
#include <optional>

namespace sonde::runtime {

class Signals {
public:
  Signals();
  ~Signals();
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

  int fd() const { return fd_; }
  // The signal that asked for the end, if one has come by now. From the first on, signals have
  // their usual effect again: a second Ctrl-C leaves at once.
  std::optional<int> received();

private:
  void restore_mask();

  int fd_;
  sigset_t previous_mask_;
  struct sigaction previous_pipe_;
  bool masked_ = true;
  std::optional<int> first_;
};

}  // namespace sonde::runtime
