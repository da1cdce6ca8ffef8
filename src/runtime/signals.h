// SIGINT, SIGTERM and SIGHUP as something to poll for, so that they end a run in order, and the signals that a script
// waits for; SIGPIPE is ignored, writes report it. Everything is as before when the object dies.
#pragma once

#include <csignal>
#include <deque>
#include <optional>
#include <span>

namespace sonde::runtime {

class Signals {
public:
  // `awaited` do not end the run: next_awaited() gives them in the order in which they came.
  explicit Signals(std::span<const int> awaited = {});
  ~Signals();
  Signals(const Signals &) = delete;
  Signals &operator=(const Signals &) = delete;

  int fd() const { return fd_; }
  // The signal that asked for the end, if one has come by now. From the first on, signals have
  // their usual effect again: a second Ctrl-C leaves at once.
  std::optional<int> received();
  // Among those that received() has seen.
  std::optional<int> next_awaited();

private:
  void restore_mask();

  int fd_;
  sigset_t previous_mask_;
  struct sigaction previous_pipe_;
  bool masked_ = true;
  std::deque<int> awaited_;
  std::optional<int> first_;
};

}  // namespace sonde::runtime
