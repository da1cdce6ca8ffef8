// The tree as indented text, one node a line, for `-d ast` and golden tests.
#pragma once

#include <functional>
#include <string>

#include "ast/ast.h"

namespace sonde::ast {

// Called for each expression; what it returns is appended to the node's line. `-d types` passes
// " :: [uint64]" through it.
using Annotate = std::function<std::string(const Expr &)>;

std::string print(const Program &program);
std::string print(const Probe &probe, const Annotate &annotate);

}  // namespace sonde::ast
