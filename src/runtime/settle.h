// Makes an image that was built for other machines one for this kernel: what its attach points match here, where the
// fields lie that it reads.
#pragma once

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/run.h"
#include "runtime/small_btf.h"

namespace sonde::runtime {

struct Settled {
  image::ProgramImage image;  // with this machine's targets
  SmallBtf types;             // what its relocations are settled by
};

// An Error shows every place of the script that does not fit. Warnings go to standard error.
Result<Settled> settle(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options);

}  // namespace sonde::runtime
