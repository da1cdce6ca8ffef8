// Warns of maps that are scratch space by thread or process and that nobody empties.
#pragma once

#include "base/diagnostics.h"
#include "sema/analysis.h"

namespace sonde::sema {

// Of a program without errors, by its Analysis::map_uses.
void check_growth(const Analysis &analysis, Diagnostics &diagnostics);

}  // namespace sonde::sema
