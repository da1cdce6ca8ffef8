// Finds, reads and searches perf maps.
#include "runtime/perf_maps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/read_file.h"
#include "base/text.h"

namespace sonde::runtime {
namespace {

// Anybody may write to /tmp: what is larger is no list of functions.
constexpr uint64_t kLargestFile = 256 << 20;

// The number that the process has in its own namespace, the last of "NSpid: 4711 7".
uint32_t own_pid(uint32_t pid) {
  auto status = read_file(fmt::format("/proc/{}/status", pid));
  for (std::string_view line : split(status ? std::string_view(*status) : "", '\n'))
    if (line.starts_with("NSpid:"))
      return static_cast<uint32_t>(std::strtoul(line.data() + line.find_last_of(" \t"), nullptr, 10));
  return pid;
}

// A descriptor of a regular file that is not too large, or -1; others than files must not make us wait.
int open_file(const std::string &path, uint64_t &size) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
      static_cast<uint64_t>(status.st_size) <= kLargestFile) {
    size = static_cast<uint64_t>(status.st_size);
    return fd;
  }
  if (fd >= 0)
    close(fd);
  return -1;
}

std::string read_all(int fd, uint64_t size) {
  std::string text(size, '\0');
  size_t length = 0;
  for (ssize_t got = 0; length < size && (got = read(fd, text.data() + length, size - length)) > 0;)
    length += static_cast<size_t>(got);
  text.resize(length);
  return text;
}

// Takes a hexadecimal number and the blank behind it off `line`.
bool take_number(std::string_view &line, uint64_t &number) {
  if (line.starts_with("0x"))
    line.remove_prefix(2);
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number, 16);
  if (error != std::errc() || end == line.data() + line.size() || *end != ' ')
    return false;
  line.remove_prefix(static_cast<size_t>(end - line.data()) + 1);
  return true;
}

}  // namespace

PerfMap::PerfMap(const std::string &text) {
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    Function function{};
    if (take_number(line, function.begin) && take_number(line, function.size) && !line.empty()) {
      function.name = line;
      functions_.push_back(std::move(function));
    }
  }
  auto below = [](const Function &a, const Function &b) { return a.begin < b.begin; };
  std::reverse(functions_.begin(), functions_.end());  // the last word first
  std::stable_sort(functions_.begin(), functions_.end(), below);
  auto same = [](const Function &a, const Function &b) { return a.begin == b.begin; };
  functions_.erase(std::unique(functions_.begin(), functions_.end(), same), functions_.end());
}

Symbol PerfMap::find(uint64_t address) const {
  auto above = std::upper_bound(functions_.begin(), functions_.end(), address,
                                [](uint64_t value, const Function &function) { return value < function.begin; });
  if (above == functions_.begin())
    return {};
  const Function &found = *std::prev(above);
  if (address - found.begin >= found.size)
    return {};
  return {found.name, address - found.begin, {}};
}

Symbol PerfMaps::find(uint64_t address, uint32_t pid) {
  Known &known = known_[pid];
  Symbol symbol = known.map.find(address);
  if (!symbol.name.empty())
    return symbol;
  uint64_t size = 0;
  int fd = open_file(fmt::format("/proc/{}/root/tmp/perf-{}.map", pid, own_pid(pid)), size);
  if (fd < 0)
    fd = open_file(fmt::format("/tmp/perf-{}.map", pid), size);
  if (fd < 0)
    return {};
  if (size != known.size)
    known = {PerfMap(read_all(fd, size)), size};
  close(fd);
  return known.map.find(address);
}

}  // namespace sonde::runtime
