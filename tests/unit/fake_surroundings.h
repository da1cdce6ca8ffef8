// Symbols and settings for tests of formatting: nothing of the running kernel.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "runtime/format_value.h"

namespace sonde::runtime {

class FakeSymbols : public Symbols {
public:
  std::string kernel(uint64_t address) override { return address == 0x1000 ? "vfs_read" : ""; }
  std::string user(uint64_t address, uint32_t pid) override { return address == 0x2000 && pid == 7 ? "main" : ""; }
};

struct FakeSurroundings {
  image::ProgramImage image;
  FakeSymbols symbols;
  Surroundings around{image, symbols, {}};
};

// The bytes of plain values, one after the other.
template <typename... Values> std::vector<uint8_t> bytes_of(Values... values) {
  std::vector<uint8_t> bytes;
  auto add = [&](auto value) {
    const auto *begin = reinterpret_cast<const uint8_t *>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof value);
  };
  (add(values), ...);
  return bytes;
}

// A string NUL-padded to `size`.
inline std::vector<uint8_t> text_bytes(const std::string &text, size_t size) {
  std::vector<uint8_t> bytes(text.begin(), text.end());
  bytes.resize(size);
  return bytes;
}

inline std::vector<uint8_t> operator+(std::vector<uint8_t> a, const std::vector<uint8_t> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace sonde::runtime
