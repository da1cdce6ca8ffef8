// Symbols and settings for tests of formatting: nothing of the running kernel.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "runtime/format_value.h"

namespace sonde::runtime {

class FakeSymbols : public Symbols {
public:
  Symbol kernel(uint64_t address) override {
    return address >= 0x1000 && address < 0x1100 ? Symbol{"vfs_read", address - 0x1000, {}} : Symbol{};
  }
  Symbol user(uint64_t address, uint32_t pid) override {
    bool is_known = address >= 0x2000 && address < 0x2100 && pid == 7;
    return is_known ? Symbol{"main", address - 0x2000, "/bin/program"} : Symbol{};
  }
  void keep_up() override {}
};

class FakeStacks : public Stacks {
public:
  // What a value's low half stands for.
  std::map<uint32_t, std::vector<Frame>> known;
  std::vector<Frame> frames(const Type &, uint64_t value) override { return known[static_cast<uint32_t>(value)]; }
};

struct FakeSurroundings {
  image::ProgramImage image;
  FakeSymbols symbols;
  FakeStacks stacks;
  Surroundings around{image, symbols, {}, stacks};
};

// The bytes of plain values, one after the other.
template <typename... Values> std::vector<uint8_t> bytes_of(Values... values) {
  std::vector<uint8_t> bytes;
  auto add = [&](auto value) {
    size_t before = bytes.size();
    bytes.resize(before + sizeof value);
    std::memcpy(bytes.data() + before, &value, sizeof value);
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
