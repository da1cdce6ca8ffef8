// sonde build SCRIPT -o FILE: the image as a file, alone or behind the program that runs it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "image/package.h"
#include "image/program_image.h"

namespace sonde::driver {

// The image's file form, for this kernel alone.
Result<std::vector<uint8_t>> object_file(image::ProgramImage image);

// What FILE's ending says: "x.o" and "x.bpf.o" are the object, "x.json" a package, anything else an executable that
// begins with `standalone`. A file that was there is replaced whole or not at all.
Result<void> write_build(const image::ProgramImage &image, const std::string &path,
                         std::span<const uint8_t> standalone);

// Writes a file whole or not at all; to a device or a pipe it just writes.
Result<void> replace_file(const std::string &path, std::span<const uint8_t> bytes, mode_t mode = 0644);
Result<void> replace_file(const std::string &path, const std::string &text);

// Whether these are the bytes of an object, a package or an executable, and not a script's.
bool is_built(const std::string &bytes);
// What is in them: an image, or a package that sonde did not make.
using Built = std::variant<image::ProgramImage, image::ForeignPackage>;
Result<Built> read_built(const std::string &bytes);

}  // namespace sonde::driver
