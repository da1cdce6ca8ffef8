// Bytes as text, by RFC 4648's plain alphabet with padding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::image {

std::string to_base64(std::span<const uint8_t> bytes);
// Nothing for what is not exactly such a text.
std::optional<std::vector<uint8_t>> from_base64(std::string_view text);

}  // namespace sonde::image
