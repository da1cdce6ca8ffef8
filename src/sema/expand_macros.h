// Macros of the language: each use becomes a block that stands for it.
//
//   macro add(x, $sum) { let $n = x; $sum += $n; $sum }      add(pid, $total)
//   →  { let $n'1 = pid; $total += $n'1; $total }
//
// The macro's own variables get names that no script can write, so that neither side sees the other's.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "builtins/builtin.h"

namespace sonde::sema {

// The program with every use expanded and no macros left. A name without () is a macro's only where no
// builtin has it. Wrong definitions and uses are reported; where that happens the use is left as it is.
ast::Program expand_macros(ast::Program program, builtins::Table builtins, Diagnostics &diagnostics);

// The name of a variable as the script has it: "n" for "n'1".
std::string_view written_name(std::string_view variable);

}  // namespace sonde::sema
