// What kprobe and uprobe specs have in common: quoted parts, numbers, "function+offset".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sonde::probes {

// `fn`, `fn+8`, `"fn"+0x8` or an address; exactly one of name and address is meaningful.
struct CodeLocation {
  std::string name;
  uint64_t offset = 0;
  std::optional<uint64_t> address;
};

// Errors: nothing there, an offset that is not a number; `whole` is what their message names.
Result<CodeLocation> parse_location(std::string_view text, std::string_view whole);

// An offset behind the last of a function's bytes.
Error offset_past_end(const std::string &whole, std::string_view function, uint64_t size);

// Decimal, or hexadecimal behind 0x; nothing when `text` is anything else.
std::optional<uint64_t> parse_number(std::string_view text);

// Takes the part before the next ':' that is not inside quotes off `text`, and the ':' too.
// Returns it without quotes.
std::string take_part(std::string_view &text);

}  // namespace sonde::probes
