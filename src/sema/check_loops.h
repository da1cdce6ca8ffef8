// Loops that the kernel at hand cannot run.
#pragma once

#include "base/diagnostics.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::sema {

// Older kernels run only loops whose rounds their verifier can follow to the end; reports the
// others. Wants a program that is right in itself.
void check_loops(const Analysis &analysis, kernel::Kernel &kernel, Diagnostics &diagnostics);

}  // namespace sonde::sema
