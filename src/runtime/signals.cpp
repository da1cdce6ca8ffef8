// Signals through a signalfd.
#include "runtime/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sonde::runtime {

Signals::Signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
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
  if (!first_ && fd_ >= 0 && read(fd_, &info, sizeof info) == sizeof info) {
    first_ = static_cast<int>(info.ssi_signo);
    restore_mask();
  }
  return first_;
}

void Signals::restore_mask() {
  if (masked_)
    pthread_sigmask(SIG_SETMASK, &previous_mask_, nullptr);
  masked_ = false;
}

}  // namespace sonde::runtime
