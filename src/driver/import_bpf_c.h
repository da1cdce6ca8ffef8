// Imported files of BPF C → functions that scripts call, types that come with them, and code to link.
#pragma once

#include <vector>

#include "builtins/c_functions.h"
#include "codegen/c_module.h"
#include "driver/load_imports.h"
#include "driver/read_c.h"

namespace sonde::driver {

struct ImportedC {
  builtins::CFunctions functions;
  std::vector<codegen::CModule> modules;
};

// Functions that are not static are for scripts. Their types are added to `definitions`, but for those that the kernel
// has too: programs find these where the kernel has them. `sources` get the files.
ImportedC import_bpf_c(const std::vector<ImportedFiles::BpfC> &files, kernel::Kernel &kernel, const CHeaders &headers,
                       cdefs::Definitions &definitions, Sources &sources, Diagnostics &diagnostics);

}  // namespace sonde::driver
