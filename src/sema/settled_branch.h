// if comptime (…): decided while compiling, and the other branch need not even make sense.
#pragma once

#include <optional>

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// The only branch that there is (null: none), or nothing where both are compiled. The condition must
// have been typed.
inline std::optional<const ast::Block *> settled_branch(const ast::If &node, const Unit &unit) {
  if (!std::holds_alternative<ast::Comptime>(node.condition->node) || !unit.info(*node.condition).constant)
    return std::nullopt;
  if (*unit.info(*node.condition).constant)
    return &node.then;
  return node.otherwise ? &*node.otherwise : nullptr;
}

// The only side that there is of a ternary, which an `if` with a value is too; null where both are compiled.
inline const ast::Expr *settled_side(const ast::Ternary &node, const Unit &unit) {
  if (!node.then || !std::holds_alternative<ast::Comptime>(node.condition->node))
    return nullptr;
  const std::optional<uint64_t> &known = unit.info(*node.condition).constant;
  return !known ? nullptr : *known ? node.then.get() : node.otherwise.get();
}

}  // namespace sonde::sema
