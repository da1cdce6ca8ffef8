// The end is the one place of an executable that can be found without reading it.
#include "image/executable.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace sonde::image {
namespace {

// Behind the image: its size, little-endian, and this.
constexpr std::array<uint8_t, 8> kMark = {'s', 'o', 'n', 'd', 'e', 'x', '\r', '\n'};
constexpr size_t kTrailerSize = sizeof(uint64_t) + kMark.size();

}  // namespace

std::vector<uint8_t> append_image(std::span<const uint8_t> runtime, std::span<const uint8_t> image_file) {
  std::vector<uint8_t> bytes(runtime.begin(), runtime.end());
  bytes.resize((bytes.size() + 7) / 8 * 8);
  bytes.insert(bytes.end(), image_file.begin(), image_file.end());
  for (uint64_t left = image_file.size(), i = 0; i < sizeof left; ++i, left >>= 8)
    bytes.push_back(static_cast<uint8_t>(left));
  bytes.insert(bytes.end(), kMark.begin(), kMark.end());
  return bytes;
}

std::optional<std::span<const uint8_t>> appended_image(std::span<const uint8_t> executable) {
  if (executable.size() < kTrailerSize ||
      !std::equal(kMark.begin(), kMark.end(), executable.end() - static_cast<ptrdiff_t>(kMark.size())))
    return std::nullopt;
  std::span<const uint8_t> body = executable.first(executable.size() - kTrailerSize);
  uint64_t size = 0;
  for (size_t i = sizeof size; i-- > 0;)
    size = size << 8 | executable[body.size() + i];
  if (size > body.size())
    return std::nullopt;
  return body.last(size);
}

}  // namespace sonde::image
