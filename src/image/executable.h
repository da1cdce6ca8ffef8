// An executable that carries an image: the runtime's program, then the image's file, then 16 bytes that say so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sonde::image {

// `runtime` followed by the image, at a multiple of 8.
std::vector<uint8_t> append_image(std::span<const uint8_t> runtime, std::span<const uint8_t> image_file);

// The image's file in an executable, or nothing where there is none or it is cut off.
std::optional<std::span<const uint8_t>> appended_image(std::span<const uint8_t> executable);

}  // namespace sonde::image
