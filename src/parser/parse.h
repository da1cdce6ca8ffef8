// Source text → ast::Program.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/source.h"

namespace sonde {

struct ParseOptions {
  // Values of $1, $2 … inside attach points, where they are text. In expressions they stay nodes.
  std::vector<std::string> positional_parameters;
  // C macros of the script that stand for a piece of it (#define NAME text), by name.
  std::map<std::string, std::string> macros = {};
};

// Parses file `file` of `sources`. Never fails: what is wrong goes to `diagnostics` (several
// errors where the parser can resume at the next statement or probe) and the program holds what
// could be read. Nesting is limited, so no input can exhaust the stack.
ast::Program parse(const Sources &sources, size_t file, const ParseOptions &options, Diagnostics &diagnostics);

}  // namespace sonde
