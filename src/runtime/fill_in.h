// What only a run knows goes into an object's constants before it is loaded, so that the verifier knows it too:
// parameters, texts of the command line, targets by the number of a system call.
#pragma once

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/run.h"

struct bpf_object;

namespace sonde::runtime {

Result<void> fill_in(bpf_object *object, const image::ProgramImage &image, kernel::Kernel &kernel,
                     const RunOptions &options);

}  // namespace sonde::runtime
