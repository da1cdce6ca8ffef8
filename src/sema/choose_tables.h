// Which maps programs go through themselves rather than by calls of the kernel.
#pragma once

#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::sema {

// Settles MapStorage::Table and MapSpec::has_task_slots, by what is in Analysis::map_uses: maps that cannot be tables
// become PerCpuHash. With `only_kernel_maps` none can.
void choose_tables(Analysis &analysis, kernel::Kernel &kernel, bool only_kernel_maps);

}  // namespace sonde::sema
