// Comparisons whose outcome follows from the types of their sides: `pid < 0`, `(uint8)x == 300`.
#pragma once

#include <optional>

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// What comparing two integers or two texts, of which exactly one is known, always gives; nothing when it depends.
std::optional<bool> settled_comparison(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right);

}  // namespace sonde::sema
