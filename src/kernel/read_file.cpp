// Reads in large steps: each read() of a tracefs or proc file costs a walk through its iterator.
#include "kernel/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sonde::kernel {

Result<std::string> read_file(const std::string &path) {
  constexpr size_t kStep = 256 * 1024;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno("open", path, errno);
  std::string text;
  size_t used = 0;
  for (;;) {
    if (text.size() - used < kStep / 4)
      text.resize(text.size() + kStep);
    ssize_t got = read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0) {
      Error error = Error::from_errno("read", path, errno);
      close(fd);
      return error;
    }
    if (got == 0)
      break;
    used += static_cast<size_t>(got);
  }
  close(fd);
  text.resize(used);
  return text;
}

}  // namespace sonde::kernel
