// The script's config blocks, on top of what the environment set.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "image/program_image.h"

namespace sonde::sema {

void apply_config(const ast::Program &program, image::Config &config, Diagnostics &diagnostics);

}  // namespace sonde::sema
