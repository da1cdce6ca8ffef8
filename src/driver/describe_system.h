// --info: what a script meets on this machine, and what a report of a fault should say.
#pragma once

#include <string>

#include "kernel/kernel.h"

namespace sonde::driver {

// Sections of "  name: answer" lines: the system, the build, features of the kernel (which are tried), providers.
std::string describe_system(kernel::Kernel &kernel);

}  // namespace sonde::driver
