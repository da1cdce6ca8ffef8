// Choices that follow from a seed alone, on every machine.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace sonde::random {

class Random {
public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint64_t below(uint64_t limit) { return engine_() % limit; }
  uint64_t bits() { return engine_(); }
  bool one_in(uint64_t n) { return below(n) == 0; }
  template <typename T> const T &of(const std::vector<T> &choices) { return choices[below(choices.size())]; }
  std::string of(std::initializer_list<const char *> choices) { return *(choices.begin() + below(choices.size())); }

private:
  std::mt19937_64 engine_;
};

}  // namespace sonde::random
