// What a probe reads of its context: targets whose records agree in the fields of `args` that it reads can share a
// program.
#pragma once

#include <set>
#include <string>

#include "ast/ast.h"

namespace sonde::sema {

struct UsedArgs {
  std::set<std::string> fields;
  bool as_a_whole = false;  // print(args)
  bool kernel_stack = false;
  bool any() const { return as_a_whole || !fields.empty(); }
};

// True for `args` and `args()`.
bool names_args(const ast::Expr &expr);
UsedArgs used_args(const ast::Probe &probe);

}  // namespace sonde::sema
