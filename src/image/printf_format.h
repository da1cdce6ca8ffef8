// A printf format taken apart, once, for both sides: sema checks the arguments against it, the
// runtime renders by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sonde::image {

// Literal text, then (unless last) one conversion.
struct FormatPiece {
  std::string literal;  // "%%" already resolved
  bool has_conversion = false;
  std::string flags;                 // subset of "-+ #0"
  int width = -1;                    // -1: none
  bool width_from_argument = false;  // '*': one more integer argument, before the value
  int precision = -1;                // -1: none
  bool precision_from_argument = false;
  std::string length;      // "", "h", "hh", "l", "ll", "j", "z", "t", "L"
  std::string conversion;  // "d", "i", "u", "o", "x", "X", "c", "s", "p", "r", "rx", "rh", "gr"
  size_t position = 0;     // of the '%' in the format, for diagnostics
};

struct PrintfFormat {
  std::vector<FormatPiece> pieces;
  // Arguments that the format consumes, '*' included.
  size_t argument_count() const;
};

// An Error's cause names the bad conversion.
Result<PrintfFormat> parse_printf_format(std::string_view format);

}  // namespace sonde::image
