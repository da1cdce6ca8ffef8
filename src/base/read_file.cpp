// Reads in large steps: each read() of a tracefs or proc file costs a walk through its iterator.
#include "base/read_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sonde {

Result<std::string> read_file(const std::string &path) {
  // Most files of processes are a few lines; what is longer is rather a list of thousands.
  constexpr size_t kFirstStep = 8 * 1024, kLargestStep = 256 * 1024;
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno("open", path, errno);
  std::string text;
  size_t used = 0;
  for (;;) {
    // Twice as much each time; those few lines leave room enough to see their end.
    if (text.size() - used < kFirstStep / 2)
      text.resize(text.size() + std::clamp(text.size(), kFirstStep, kLargestStep));
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
