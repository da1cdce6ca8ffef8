// Whole files whose size is not known beforehand, as those of the kernel's virtual file systems.
#pragma once

#include <string>

#include "base/result.h"

namespace sonde {

// The file's text. Errors carry errno, so that callers can tell "not there" from "not allowed".
Result<std::string> read_file(const std::string &path);

}  // namespace sonde
