// Which targets of `tracepoint` can be reached as raw tracepoints, by a probe that does not read their records.
#pragma once

#include "image/program_image.h"
#include "kernel/kernel.h"

namespace sonde::probes {

bool can_be_plain(const image::Target &target, kernel::Kernel &kernel);

}  // namespace sonde::probes
