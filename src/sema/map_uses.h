// What a script does with its maps.
#pragma once

#include <vector>

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// One for each of the analysis's maps, of a program without errors.
std::vector<MapUses> collect_map_uses(const ast::Program &program, const Analysis &analysis);

}  // namespace sonde::sema
