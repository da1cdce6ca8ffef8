// Runs that the kernel left out: it does not run a program, or a kprobe, inside another on one CPU.
#pragma once

#include <cstdint>
#include <vector>

#include "image/program_image.h"
#include "runtime/loader.h"

namespace sonde::runtime {

// By program, so far. Kernels before 5.12 count none, before 6.7 fewer.
std::vector<uint64_t> missed_runs(const image::ProgramImage &image, const LoadedObject &object);

}  // namespace sonde::runtime
