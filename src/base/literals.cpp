// Decodes number and string literals digit by digit, so that overflow is seen where it happens.
#include "base/literals.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace sonde {
namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
constexpr char kTooLarge[] = "does not fit into 64 bits";
constexpr char kNotANumber[] = "is not a number";

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};
constexpr std::array<Unit, 15> kUnits{{
    {"", 1},
    {"u", 1},
    {"l", 1},
    {"ul", 1},
    {"lu", 1},
    {"ll", 1},
    {"ull", 1},
    {"llu", 1},
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
    {"d", 86'400'000'000'000},
}};

bool multiply(uint64_t &value, uint64_t factor) {
  if (factor != 0 && value > kMax / factor)
    return false;
  value *= factor;
  return true;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

// Reads digits and '_' from the front of `text`; false on overflow.
bool read_digits(std::string_view &text, int base, uint64_t &value, size_t &digits) {
  bool fits = true;
  while (!text.empty() && (text[0] == '_' || digit_value(text[0]) < base)) {
    if (text[0] != '_') {
      auto digit = static_cast<uint64_t>(digit_value(text[0]));
      fits = fits && multiply(value, static_cast<uint64_t>(base)) && value <= kMax - digit;
      value += fits ? digit : 0;
      ++digits;
    }
    text.remove_prefix(1);
  }
  return fits;
}

bool apply_exponent(std::string_view &text, uint64_t &value) {
  if (text.size() < 2 || std::tolower(text[0]) != 'e' || digit_value(text[1]) > 9)
    return true;
  text.remove_prefix(1);
  uint64_t exponent = 0;
  size_t digits = 0;
  if (!read_digits(text, 10, exponent, digits))
    return false;
  for (uint64_t i = 0; i < exponent && value != 0; ++i)
    if (!multiply(value, 10))
      return false;
  return true;
}

bool apply_suffix(std::string_view text, uint64_t &value, std::string &problem) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const Unit &unit : kUnits) {
    // Units of time have one spelling; u and l come in both cases.
    if (unit.suffix != text && (unit.suffix != lower || lower.find_first_not_of("ul") != std::string::npos))
      continue;
    if (!multiply(value, unit.factor))
      problem = kTooLarge;
    return problem.empty();
  }
  problem = kNotANumber;
  return false;
}

// One escape at text[0] == '\\': appends its byte and returns its length, 0 when it means nothing.
size_t decode_escape(std::string_view text, std::string &out) {
  if (text.size() < 2)
    return 0;
  static constexpr std::string_view kNames = "nrt\"\\", kBytes = "\n\r\t\"\\";
  size_t simple = kNames.find(text[1]);
  if (simple != std::string_view::npos) {
    out += kBytes[simple];
    return 2;
  }
  bool hex = text[1] == 'x';
  int base = hex ? 16 : 8;
  size_t start = hex ? 2 : 1, limit = hex ? 2 : 3, length = 0;
  int value = 0;
  while (length < limit && start + length < text.size() && digit_value(text[start + length]) < base)
    value = value * base + digit_value(text[start + length++]);
  if (length == 0 || value > 0xff)
    return 0;
  out += static_cast<char>(value);
  return start + length;
}

}  // namespace

IntegerLiteral decode_integer(std::string_view spelling) {
  IntegerLiteral out;
  std::string_view text = spelling;
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0' &&
             (std::isdigit(static_cast<unsigned char>(text[1])) || text[1] == '_')) {
    base = 8;
  }
  size_t digits = 0;
  bool fits = read_digits(text, base, out.value, digits);
  if (base == 10)
    fits = apply_exponent(text, out.value) && fits;
  if (digits == 0)
    out.problem = kNotANumber;
  else if (base == 8 && !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])))
    out.problem = "starts with 0, so it is octal and its digits are 0 to 7";
  else if (apply_suffix(text, out.value, out.problem) && !fits)
    out.problem = kTooLarge;
  if (!out.problem.empty())
    out.value = 0;
  return out;
}

StringLiteral decode_string(std::string_view text) {
  StringLiteral out;
  out.value.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t plain = std::min(text.find('\\', i), text.size());
    out.value.append(text, i, plain - i);
    i = plain;
    if (i == text.size())
      break;
    size_t length = decode_escape(text.substr(i), out.value);
    if (length == 0) {
      length = std::min<size_t>(2, text.size() - i);
      if (out.bad_length == 0) {
        out.bad_offset = i;
        out.bad_length = length;
      }
    }
    i += length;
  }
  return out;
}

}  // namespace sonde
