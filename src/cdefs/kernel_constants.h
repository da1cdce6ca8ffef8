// Constants of kernel-only headers that scripts use and that no kernel has changed.
#pragma once

#include <set>

#include "cdefs/parse_c.h"

namespace sonde::cdefs {

// Adds those that C has not defined (and that are in `used`, if given): BTF knows types and
// enumerators, but no macros.
void add_kernel_constants(const std::optional<std::set<std::string>> &used, Definitions &definitions);

}  // namespace sonde::cdefs
