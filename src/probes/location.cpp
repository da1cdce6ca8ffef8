// Parses places in code.
#include "probes/location.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace sonde::probes {
namespace {

std::string unquote(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != '"')
      out += c;
  return out;
}

// The position of `wanted` outside quotes, or npos.
size_t find_outside_quotes(std::string_view text, char wanted) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      quoted = !quoted;
    else if (text[i] == wanted && !quoted)
      return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<uint64_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

std::string take_part(std::string_view &text) {
  size_t colon = find_outside_quotes(text, ':');
  std::string part = unquote(trim(text.substr(0, colon)));
  text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  return part;
}

Result<CodeLocation> parse_location(std::string_view text, std::string_view whole) {
  text = trim(text);
  CodeLocation location;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    location.address = parse_number(text);
    if (!location.address)
      return Error{"use", std::string(whole), fmt::format("'{}' is not an address", text), {}};
    return location;
  }
  size_t plus = find_outside_quotes(text, '+');
  location.name = unquote(trim(text.substr(0, plus)));
  if (location.name.empty())
    return Error{"use", std::string(whole), "the name of a function is missing", {}};
  if (plus == std::string_view::npos)
    return location;
  auto offset = parse_number(trim(text.substr(plus + 1)));
  if (!offset)
    return Error{"use", std::string(whole), fmt::format("'{}' is not an offset in bytes", trim(text.substr(plus + 1))),
                 "write a number behind the '+'"};
  location.offset = *offset;
  return location;
}

Error offset_past_end(const std::string &whole, std::string_view function, uint64_t size) {
  return {"use", whole, fmt::format("the offset is past the end of {}, which has {} bytes", function, size),
          "an offset counts bytes from the function's first; objdump -d shows where its instructions start"};
}

}  // namespace sonde::probes
