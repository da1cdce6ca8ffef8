// Source text → ast::Program.
#pragma once

#include <map>
#include <span>
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

// The same for several files that make one program, in their order: a script behind its imports.
ast::Program parse(const Sources &sources, std::span<const size_t> files, const ParseOptions &options,
                   Diagnostics &diagnostics);

}  // namespace sonde
