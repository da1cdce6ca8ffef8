// The script's text, from wherever it comes.
#pragma once

#include <string>

#include "base/result.h"

namespace sonde::driver {

// The content of a file, or of standard input for "-".
Result<std::string> read_script(const std::string &path);

}  // namespace sonde::driver
