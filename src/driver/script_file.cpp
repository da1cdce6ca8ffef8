// Reads scripts whole: they are small, and messages quote them.
#include "driver/script_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sonde::driver {
namespace {

// Offsets into all sources are 32 bits; a script of this size is a mistake long before.
constexpr size_t kMaxScriptSize = 64 << 20;

Result<std::string> read_all(int fd, const std::string &name) {
  std::string text;
  char buffer[65536];
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return Error::from_errno("read", name, errno);
    if (got == 0)
      return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMaxScriptSize)
      return Error{"read", name, "it is larger than 64 MiB, which no script is", "is this the right file?"};
  }
}

}  // namespace

Result<std::string> read_script(const std::string &path) {
  if (path == "-")
    return read_all(STDIN_FILENO, "standard input");
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno("open", path, errno, errno == ENOENT ? "to run a script's text, use -e 'SCRIPT'" : "");
  Result<std::string> text = read_all(fd, path);
  close(fd);
  return text;
}

}  // namespace sonde::driver
