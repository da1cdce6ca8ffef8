// Writes script output; large pieces to files, small ones to pipes and terminals that may stall.
#include "runtime/output.h"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/signals.h"

namespace sonde::runtime {
namespace {

constexpr size_t kFullSize = 256 * 1024;

bool is_regular_file(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Output::Output(int fd, Signals *signals) : fd_(fd), signals_(signals), is_file_(is_regular_file(fd)) {}

void Output::flush_if_full() {
  if (text_.size() >= kFullSize)
    flush();
}

void Output::flush() {
  if (!text_.empty())
    write_all(text_);
  text_.clear();
}

void Output::write_all(std::string_view text) {
  while (!text.empty() && !is_broken()) {
    // When a pipe polls writable it takes PIPE_BUF bytes without blocking; a larger write could
    // keep us from noticing Ctrl-C while its reader sleeps.
    size_t piece = is_file_ ? text.size() : std::min<size_t>(text.size(), PIPE_BUF);
    if (!is_file_ && !wait_until_writable())
      continue;
    ssize_t written = write(fd_, text.data(), piece);
    if (written >= 0)
      text.remove_prefix(static_cast<size_t>(written));
    else if (errno == EPIPE)
      is_closed_ = true;
    else if (errno != EINTR && errno != EAGAIN)
      error_number_ = errno;
  }
}

// False when a signal came first: the caller asks again, and the next signal ends the process.
bool Output::wait_until_writable() {
  pollfd wanted[2] = {{fd_, POLLOUT, 0}, {-1, POLLIN, 0}};
  if (signals_ && !signals_->received())
    wanted[1].fd = signals_->fd();
  if (poll(wanted, 2, -1) < 0)
    return false;
  if (wanted[1].revents)
    signals_->received();
  return wanted[0].revents != 0;
}

Error Output::error() const { return Error::from_errno("write", "the output", error_number_); }

}  // namespace sonde::runtime
