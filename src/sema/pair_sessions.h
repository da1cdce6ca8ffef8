// Finds units that one program of the kernel can serve.
#pragma once

#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::sema {

// Pairs each kprobe with a kretprobe of the same functions, where the kernel has programs for both. Changes nothing
// else: the pair does what the two would.
void pair_sessions(Analysis &analysis, kernel::Kernel &kernel);

}  // namespace sonde::sema
