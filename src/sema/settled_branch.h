// if comptime (…), if (has_field(…)): decided while compiling, and the other branch need not even make sense.
#pragma once

#include <optional>

#include "ast/ast.h"
#include "sema/analysis.h"
#include "sema/kernel_questions.h"

namespace sonde::sema {

// Whether the condition holds, where that decides which branch there is.
inline std::optional<bool> settled_condition(const ast::Expr &condition, const Unit &unit) {
  const std::optional<uint64_t> &known = unit.info(condition).constant;
  if (std::holds_alternative<ast::Comptime>(condition.node) && known)
    return *known != 0;
  return kernel_decides(condition, unit);
}

// The only branch that there is (null: none), or nothing where both are compiled. The condition must
// have been typed.
inline std::optional<const ast::Block *> settled_branch(const ast::If &node, const Unit &unit) {
  std::optional<bool> known = settled_condition(*node.condition, unit);
  if (!known)
    return std::nullopt;
  if (*known)
    return &node.then;
  return node.otherwise ? &*node.otherwise : nullptr;
}

// The only side that there is of a ternary, which an `if` with a value is too; null where both are compiled.
inline const ast::Expr *settled_side(const ast::Ternary &node, const Unit &unit) {
  std::optional<bool> known = node.then ? settled_condition(*node.condition, unit) : std::nullopt;
  return !known ? nullptr : *known ? node.then.get() : node.otherwise.get();
}

}  // namespace sonde::sema
