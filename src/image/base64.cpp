// Three bytes are four digits of six bits, the first byte in the highest.
#include "image/base64.h"

#include <algorithm>

namespace sonde::image {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int digit_value(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::string to_base64(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<size_t>(3, bytes.size()))) {
    uint32_t group = bytes[0] << 16 | (bytes.size() > 1 ? bytes[1] << 8 : 0) | (bytes.size() > 2 ? bytes[2] : 0);
    for (unsigned i = 0; i < 4; ++i)
      text += i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
  }
  return text;
}

std::optional<std::vector<uint8_t>> from_base64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::vector<uint8_t> bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (; !text.empty(); text.remove_prefix(4)) {
    // Padding is the end of the last group alone.
    unsigned digits = text.size() > 4 || text[3] != '=' ? 4 : text[2] != '=' ? 3 : 2;
    uint32_t group = 0;
    for (unsigned i = 0; i < 4; ++i) {
      int value = i < digits ? digit_value(text[i]) : 0;
      if (value < 0)
        return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    for (unsigned i = 0; i + 1 < digits; ++i)
      bytes.push_back(static_cast<uint8_t>(group >> (16 - 8 * i)));
    if (digits < 4 && (group & (digits == 3 ? 0xff : 0xffff)) != 0)
      return std::nullopt;
  }
  return bytes;
}

}  // namespace sonde::image
