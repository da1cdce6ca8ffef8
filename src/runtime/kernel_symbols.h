// Kernel symbols by address, from /proc/kallsyms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::runtime {

class KernelSymbols {
public:
  KernelSymbols() = default;
  // `text` in the form of /proc/kallsyms.
  explicit KernelSymbols(std::string text);
  static KernelSymbols running();
  // The same for addresses up to this one, of code that is no module's, which the file has first and in order. The
  // kernel takes up to 100 ms to write all of it.
  static KernelSymbols running_up_to(uint64_t address);

  struct Found {
    std::string_view name;
    uint64_t offset = 0;  // bytes from the symbol's start
  };
  // The symbol that starts at the address or nearest below it, or an empty name.
  Found find(uint64_t address) const;

private:
  struct Entry {
    uint64_t address;
    uint32_t name_begin;
    uint32_t name_length;
  };
  std::string text_;
  std::vector<Entry> entries_;  // ascending by address
};

}  // namespace sonde::runtime
