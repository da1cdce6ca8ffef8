// ProgramImage ⇄ bytes: the object's ELF with one more section, `.sonde`, that holds the metadata
// as JSON (docs/image_format.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"

namespace sonde::image {

// The metadata as indented JSON: the content of the section, and what `-d image` prints.
std::string metadata_json(const ProgramImage &image);

Result<std::vector<uint8_t>> write_image(const ProgramImage &image);
// Refuses damaged or newer files with a reason; never reads outside `bytes`.
Result<ProgramImage> read_image(std::span<const uint8_t> bytes);

// The contents of a BPF object's section of that name; nothing when it has none, or is no BPF object.
std::optional<std::span<const uint8_t>> find_section(std::span<const uint8_t> object, std::string_view name);

}  // namespace sonde::image
