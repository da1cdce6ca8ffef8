// Where the arguments of a static probe lie when it fires, from the text that its note has about them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::probes {

struct UsdtArgument {
  enum class Kind : uint8_t { Constant, Register, Memory };
  Kind kind = Kind::Constant;
  uint8_t size = 8;  // bytes
  bool is_signed = false;
  int64_t value = 0;       // Constant: itself; Memory: displacement
  uint16_t base = 0;       // Register, Memory: offset of the register in struct pt_regs
  uint8_t base_shift = 0;  // Register: bits that it is above the register's lowest (ah)
  bool has_index = false;  // Memory: + index * scale
  uint16_t index = 0;
  uint8_t scale = 1;
  std::string problem = {};  // why a program cannot read it; empty when it can

  friend bool operator==(const UsdtArgument &, const UsdtArgument &) = default;
};

// "-4@%edi 8@-16(%rbp) 8@$5": an argument for each part.
std::vector<UsdtArgument> parse_usdt_arguments(std::string_view text);

}  // namespace sonde::probes
