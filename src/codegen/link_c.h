// Brings functions of imported C into the module that calls them.
#pragma once

#include <llvm/IR/Module.h>

#include <vector>

#include "base/diagnostics.h"
#include "codegen/c_module.h"

namespace sonde::codegen {

// Links the files into `module` and takes out again what nobody calls. False when a file cannot be linked, which is
// reported at its import.
bool link_c(llvm::Module &module, const std::vector<CModule> &files, bool is_portable, Diagnostics &diagnostics);

}  // namespace sonde::codegen
