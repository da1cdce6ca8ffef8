// What builtins that take a printf format have in common.
#pragma once

#include <optional>

#include "image/printf_format.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {

// The format that is the first argument, with as many conversions as there are further arguments; nothing after a
// report.
std::optional<image::PrintfFormat> check_format(sema::BuiltinUse &use);

}  // namespace sonde::builtins
