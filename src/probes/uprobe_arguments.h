// `args` of a uprobe, from the parameters that debug information tells of.
#pragma once

#include "elf/function_arguments.h"
#include "probes/provider.h"

namespace sonde::probes {

// Sets `args` and its pieces. Parameters whose value a program cannot have are left out.
void set_args(const elf::FunctionArguments &arguments, Context &context);

}  // namespace sonde::probes
