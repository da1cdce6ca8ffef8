// Parses kallsyms: "ffffffff81000000 T _text" or "… t name\t[module]".
#include "runtime/kernel_symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

namespace sonde::runtime {
namespace {

constexpr const char *kPath = "/proc/kallsyms";

// In pieces, until `is_enough` of what has been read, or to the end.
template <typename IsEnough> std::string read_pieces(size_t piece, const IsEnough &is_enough) {
  std::string text;
  int fd = open(kPath, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return text;
  size_t length = 0;
  for (;;) {
    text.resize(length + piece);
    ssize_t got = read(fd, text.data() + length, piece);
    if (got <= 0)
      break;
    length += static_cast<size_t>(got);
    if (is_enough(std::string_view(text).substr(0, length)))
      break;
  }
  close(fd);
  text.resize(length);
  return text;
}

// Of the last line that has its end.
uint64_t last_address(std::string_view text) {
  size_t end = text.rfind('\n');
  if (end == std::string_view::npos)
    return 0;
  size_t before = end == 0 ? std::string_view::npos : text.rfind('\n', end - 1);
  size_t line = before == std::string_view::npos ? 0 : before + 1;
  uint64_t address = 0;
  std::from_chars(text.data() + line, text.data() + end, address, 16);
  return address;
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

KernelSymbols KernelSymbols::running() {
  constexpr size_t kLarge = 1 << 20;
  return KernelSymbols(read_pieces(kLarge, [](std::string_view) { return false; }));
}

KernelSymbols KernelSymbols::running_up_to(uint64_t address) {
  constexpr size_t kSmall = 1 << 16;
  return KernelSymbols(read_pieces(kSmall, [&](std::string_view text) { return last_address(text) > address; }));
}

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
