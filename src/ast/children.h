// What a node directly consists of, for walks that care about few kinds of node.
#pragma once

#include "ast/ast.h"
#include "base/match.h"

namespace sonde::ast {

// Calls `visit` with each Expr and each Statement that stands directly in a node, in the order of evaluation.
// `visit` must take both; it decides whether to go on below.
template <typename Visit> void for_each_part(const Expr &expr, Visit &&visit);
template <typename Visit> void for_each_part(const Statement &statement, Visit &&visit);

namespace detail {

template <typename Visit> struct PartsOf {
  Visit &visit;

  void one(const ExprPtr &expr) {
    if (expr)
      visit(*expr);
  }
  // Of typeof(…).
  void operand(const TypeName &type) {
    if (type.of)
      visit(*type.of);
  }
  void all(const std::vector<ExprPtr> &exprs) {
    for (const ExprPtr &expr : exprs)
      one(expr);
  }
  void all(const std::vector<Statement> &statements) {
    for (const Statement &statement : statements)
      visit(statement);
  }
  void all(const Block &block) { all(block.statements); }

  void parts(const Integer &) {}
  void parts(const Boolean &) {}
  void parts(const String &) {}
  void parts(const Identifier &) {}
  void parts(const PositionalParameter &) {}
  void parts(const ParameterCount &) {}
  void parts(const Variable &) {}
  void parts(const SizeofType &node) { operand(node.type); }
  void parts(const Offsetof &node) { operand(node.type); }
  void parts(const ContainerOf &node) { one(node.pointer), operand(node.type); }
  void parts(const Typeinfo &node) { operand(node.type); }
  void parts(const TypeArgument &node) { operand(node.type); }
  void parts(const Map &node) { one(node.key); }
  void parts(const Call &node) { all(node.arguments); }
  void parts(const Unary &node) { one(node.operand); }
  void parts(const Binary &node) { one(node.left), one(node.right); }
  void parts(const IncrementDecrement &node) { one(node.target); }
  void parts(const Ternary &node) { one(node.condition), one(node.then), one(node.otherwise); }
  void parts(const Cast &node) { operand(node.type), one(node.operand); }
  void parts(const FieldAccess &node) { one(node.object); }
  void parts(const Index &node) { one(node.object), one(node.index); }
  void parts(const Tuple &node) { all(node.elements); }
  void parts(const SizeofExpr &node) { one(node.operand); }
  void parts(const Comptime &node) { one(node.operand); }
  void parts(const BlockExpr &node) { all(node.statements), one(node.result); }

  void parts(const ExprStatement &node) { one(node.expr); }
  void parts(const Assign &node) { one(node.target), one(node.value); }
  void parts(const Let &node) {
    if (node.type)
      operand(*node.type);
    one(node.value);
  }
  void parts(const If &node) {
    one(node.condition);
    all(node.then);
    if (node.otherwise)
      all(*node.otherwise);
  }
  void parts(const While &node) { one(node.condition), all(node.body); }
  void parts(const Unroll &node) { one(node.count), all(node.body); }
  void parts(const ForRange &node) { one(node.begin), one(node.end), all(node.body); }
  void parts(const ForMap &node) { one(node.map), all(node.body); }
  void parts(const Return &node) { one(node.value); }
  void parts(const Break &) {}
  void parts(const Continue &) {}
  void parts(const Block &node) { all(node); }
};

}  // namespace detail

template <typename Visit> void for_each_part(const Expr &expr, Visit &&visit) {
  match(expr.node, [&](const auto &node) { detail::PartsOf<Visit>{visit}.parts(node); });
}
template <typename Visit> void for_each_part(const Statement &statement, Visit &&visit) {
  match(statement.node, [&](const auto &node) { detail::PartsOf<Visit>{visit}.parts(node); });
}

}  // namespace sonde::ast
