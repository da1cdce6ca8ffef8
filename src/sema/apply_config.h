// The script's config blocks, on top of what the environment set, and the defaults that depend on
// the kernel.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "image/program_image.h"
#include "kernel/kernel.h"

namespace sonde::sema {

// What max_strlen is by default where keys hold at most 512 bytes: two strings and some numbers fit.
inline constexpr uint64_t kShortStrings = 200;

void apply_config(const ast::Program &program, kernel::Kernel &kernel, image::Config &config, Diagnostics &diagnostics);

}  // namespace sonde::sema
