// Whether working out an expression runs statements.
#pragma once

#include <type_traits>

#include "ast/children.h"

namespace sonde::ast {

inline bool holds_statements(const Expr &expr) {
  const auto *block = std::get_if<BlockExpr>(&expr.node);
  bool holds = block && !block->statements.empty();
  for_each_part(expr, [&](const auto &part) {
    if constexpr (std::is_same_v<std::decay_t<decltype(part)>, Expr>)
      holds = holds || holds_statements(part);
  });
  return holds;
}

}  // namespace sonde::ast
