// sema::Analysis → ProgramImage: LLVM IR for the BPF target, optimised and emitted as one object.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/source.h"
#include "codegen/c_module.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::codegen {

// Text of the stages that were asked for.
struct Dumps {
  bool want_ir = false, want_optimized_ir = false, want_assembly = false;
  std::string ir, optimized_ir, assembly;
};

// `sources` gives line information and the text that rides in the object. The analysis must be free of errors. One
// more is found here, as only the generated code shows it: a probe too large for BPF, which is reported, as are files
// of C that cannot be linked; the image then has no object.
image::ProgramImage generate(const sema::Analysis &analysis, const Sources &sources, kernel::Kernel &kernel,
                             Diagnostics &diagnostics, Dumps &dumps, const std::vector<CModule> &c_modules = {});

std::string llvm_version();  // "19.1.7"

}  // namespace sonde::codegen
