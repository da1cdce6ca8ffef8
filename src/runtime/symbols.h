// Names for addresses. The real ones read kallsyms and ELF files when first asked; tests give
// their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sonde::runtime {

// What holds an address; the name is empty when nobody knows it.
struct Symbol {
  std::string name;
  uint64_t offset = 0;  // bytes from the symbol's start
  std::string file;     // user symbols: the mapped file
};

// Where in the source some code comes from.
struct SourcePlace {
  std::string function;  // that was inlined there; empty for the function that the symbol names
  std::string place;     // "/src/program.c:12"
};

class Symbols {
public:
  virtual ~Symbols() = default;
  virtual Symbol kernel(uint64_t address) = 0;
  virtual Symbol user(uint64_t address, uint32_t pid) = 0;
  // The function at the address last, in front of it those that were inlined there, innermost first. Empty without
  // debug information.
  virtual std::vector<SourcePlace> user_source(uint64_t, uint32_t) { return {}; }
  // To be called from the start on and now and then where user() will be asked of processes that may be gone.
  virtual void keep_up() = 0;
};

// `demangle`: show C++ names as in the source.
std::unique_ptr<Symbols> open_symbols(bool demangle);

}  // namespace sonde::runtime
