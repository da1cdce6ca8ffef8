// The `.sonde` section's JSON, both ways. Private to this library; users call image_file.h.
#pragma once

#include <string_view>

#include "base/result.h"
#include "image/program_image.h"

namespace sonde::image::metadata {

// Everything of an image but its object. An Error's cause says where in the JSON what is wrong.
Result<ProgramImage> read_json(std::string_view json);

// Why the runtime could not trust this image (an offset past its record, a map that is not there),
// or an empty string. After it passes, formatting needs no further checks.
std::string find_fault(const ProgramImage &image);

}  // namespace sonde::image::metadata
