// Signals through a signalfd.
#include "runtime/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace sonde::runtime {

namespace {

constexpr int kEnding[] = {SIGINT, SIGTERM, SIGHUP};

}  // namespace

Signals::Signals(std::span<const int> awaited) {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : kEnding)
    sigaddset(&wanted, signal);
  for (int signal : awaited)
    sigaddset(&wanted, signal);
  pthread_sigmask(SIG_BLOCK, &wanted, &previous_mask_);
  fd_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);

  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &previous_pipe_);
}

Signals::~Signals() {
  if (fd_ >= 0)
    close(fd_);
  restore_mask();
  sigaction(SIGPIPE, &previous_pipe_, nullptr);
}

std::optional<int> Signals::received() {
  signalfd_siginfo info;
  while (!first_ && fd_ >= 0 && read(fd_, &info, sizeof info) == sizeof info) {
    int signal = static_cast<int>(info.ssi_signo);
    if (std::find(std::begin(kEnding), std::end(kEnding), signal) == std::end(kEnding)) {
      awaited_.push_back(signal);
      continue;
    }
    first_ = signal;
    restore_mask();
  }
  return first_;
}

std::optional<int> Signals::next_awaited() {
  if (awaited_.empty())
    return std::nullopt;
  int signal = awaited_.front();
  awaited_.pop_front();
  return signal;
}

void Signals::restore_mask() {
  if (masked_)
    pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
  masked_ = false;
}

}  // namespace sonde::runtime
