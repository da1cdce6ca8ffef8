// The kernel's types as C, for C that includes "vmlinux.h".
#pragma once

#include <string>

#include "base/result.h"

namespace sonde::kernel {

// All types of the running kernel as declarations, the fields of which are found where the kernel that loads a program
// has them (CO-RE). Takes 0.3 s. Errors: the kernel has no BTF.
Result<std::string> vmlinux_header();

}  // namespace sonde::kernel
