// Names for addresses. The real ones read kallsyms and ELF files when first asked; tests give
// their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace sonde::runtime {

class Symbols {
public:
  virtual ~Symbols() = default;
  // The symbol that holds the address, without an offset; empty when nobody knows it.
  virtual std::string kernel(uint64_t address) = 0;
  virtual std::string user(uint64_t address, uint32_t pid) = 0;
};

// `demangle`: show C++ names as in the source.
std::unique_ptr<Symbols> open_symbols(bool demangle);

}  // namespace sonde::runtime
