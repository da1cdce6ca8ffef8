// Parses kallsyms: "ffffffff81000000 T _text" or "… t name\t[module]".
#include "runtime/kernel_symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace sonde::runtime {
namespace {

std::string read_whole(const char *path) {
  std::string text;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return text;
  constexpr size_t kPiece = 1 << 20;
  size_t length = 0;
  for (;;) {
    text.resize(length + kPiece);
    ssize_t got = read(fd, text.data() + length, kPiece);
    if (got <= 0)
      break;
    length += static_cast<size_t>(got);
  }
  close(fd);
  text.resize(length);
  return text;
}

}  // namespace

KernelSymbols::KernelSymbols(std::string text) : text_(std::move(text)) {
  size_t line = 0;
  while (line < text_.size()) {
    size_t end = std::min(text_.find('\n', line), text_.size());
    uint64_t address = 0;
    auto [after, status] = std::from_chars(text_.data() + line, text_.data() + end, address, 16);
    size_t type = static_cast<size_t>(after - text_.data()) + 1;
    bool is_symbol = status == std::errc() && type + 2 < end && text_[type - 1] == ' ' && text_[type + 1] == ' ';
    // Addresses are all zero for those who may not see them; absolute symbols are no places.
    if (is_symbol && address != 0 && text_[type] != 'a' && text_[type] != 'A') {
      size_t name = type + 2;
      size_t name_end = std::min(text_.find_first_of("\t\n", name), text_.size());
      entries_.push_back({address, static_cast<uint32_t>(name), static_cast<uint32_t>(name_end - name)});
    }
    line = end + 1;
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry &a, const Entry &b) { return a.address < b.address; });
}

KernelSymbols KernelSymbols::running() { return KernelSymbols(read_whole("/proc/kallsyms")); }

KernelSymbols::Found KernelSymbols::find(uint64_t address) const {
  auto above = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](uint64_t value, const Entry &entry) { return value < entry.address; });
  if (above == entries_.begin())
    return {};
  // Of several names for one address, the first in the file.
  auto found = std::lower_bound(entries_.begin(), above, std::prev(above)->address,
                                [](const Entry &entry, uint64_t value) { return entry.address < value; });
  return {std::string_view(text_).substr(found->name_begin, found->name_length), address - found->address};
}

}  // namespace sonde::runtime
