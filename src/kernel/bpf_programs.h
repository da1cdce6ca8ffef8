// The BPF programs that are loaded, as targets of fentry and fexit.
#pragma once

#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"

namespace sonde::kernel {

// As Kernel::bpf_programs. Programs that end meanwhile are left out.
Result<std::vector<BpfProgramName>> list_bpf_programs();

}  // namespace sonde::kernel
