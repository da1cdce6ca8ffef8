// What a probe reads of its context: targets whose records agree in the fields of `args` that it reads can share a
// program.
#pragma once

#include "ast/ast.h"
#include "image/program_image.h"

namespace sonde::sema {

// True for `args` and `args()`.
bool names_args(const ast::Expr &expr);
image::TargetFit used_args(const ast::Probe &probe);  // without what depends on the target

}  // namespace sonde::sema
