// Reads in large steps: each read() of a tracefs or proc file costs a walk through its iterator.
#include "base/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sonde {

Result<std::string> read_file(const std::string &path) {
  // Most files of processes are a few lines; what is longer is rather a list of thousands.
  constexpr size_t kFirstStep = 8 * 1024, kStep = 256 * 1024;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno("open", path, errno);
  std::string text;
  size_t used = 0;
  for (;;) {
    if (text.size() - used < kFirstStep)
      text.resize(text.size() + (used == 0 ? kFirstStep : kStep));
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

}  // namespace sonde
