// --fmt: the script in its canonical form.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "base/source.h"

namespace sonde::driver {

// Nothing when the file is no script, which `diagnostics` then explains. Neither imports nor headers are read, nor is
// the kernel asked: a script can be formatted wherever it is.
std::optional<std::string> format(const Sources &sources, size_t file, Diagnostics &diagnostics);

}  // namespace sonde::driver
