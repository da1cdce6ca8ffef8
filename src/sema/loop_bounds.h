// Which loops the verifier can follow to their end by itself.
#pragma once

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// True when `condition` compares a constant with a variable that the unit only ever sets to, or
// changes by, constants: the verifier then knows the variable's value in every round.
bool is_bounded_by_constants(const ast::Expr &condition, const Unit &unit);

}  // namespace sonde::sema
