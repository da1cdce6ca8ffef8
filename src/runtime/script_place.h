// Places in the script for messages at run time: "opens.bt:3:5-12".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "image/program_image.h"

namespace sonde::runtime {

struct ScriptPlace {
  std::string_view file;
  size_t line, first_column, last_column;  // from 1
};

// The script and what it imports, as diagnostics look into them.
Sources sources_of(const image::ProgramImage &image);
ScriptPlace place_of(const image::ProgramImage &image, Location where);
// FILE:LINE:FIRST-LAST
std::string place_text(const image::ProgramImage &image, Location where);

}  // namespace sonde::runtime
