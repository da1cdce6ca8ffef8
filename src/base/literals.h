// Values of number and string literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde {

struct IntegerLiteral {
  uint64_t value = 0;
  std::string problem;  // what is wrong with the spelling, or empty
};

// Decimal, 0x…, 0…, 1e6, 1_000, with an ignored u/l suffix or a unit of time (then nanoseconds).
IntegerLiteral decode_integer(std::string_view spelling);

struct StringLiteral {
  std::string value;
  // The first escape that means nothing: its offset and length in the text.
  size_t bad_offset = 0;
  size_t bad_length = 0;
};

// The text between the quotes, with its escapes resolved.
StringLiteral decode_string(std::string_view text);

}  // namespace sonde
