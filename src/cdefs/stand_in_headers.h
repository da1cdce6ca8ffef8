// Small versions of the headers that scripts include most, for machines that have no C library headers.
#pragma once

#include <vector>

#include "cdefs/translation_unit.h"

namespace sonde::cdefs {

// Files of kStandInFolder, which is searched last: a real header of that name wins. And of
// kKernelForUserFolder: a program's headers as the kernel's, with which real ones would clash.
std::vector<VirtualFile> stand_in_headers();

}  // namespace sonde::cdefs
