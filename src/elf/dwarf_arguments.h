// Where the calling convention puts the parameters that debug information tells of.
#pragma once

#include <elfutils/libdw.h>

#include "elf/dwarf_types.h"
#include "elf/function_arguments.h"

namespace sonde::elf {

// `function` is a DW_TAG_subprogram.
FunctionArguments arguments_of(Dwarf_Die *function, DwarfTypes &types);

}  // namespace sonde::elf
