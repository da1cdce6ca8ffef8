// One line per kind of node.
#include "ast/clone.h"

#include "base/match.h"

namespace sonde::ast {

struct NodeCloner {
  Cloner &to;

  // What has no parts is copied as it is.
  template <typename Leaf> Leaf copy(const Leaf &node) { return node; }

  Variable copy(const Variable &n) { return {to.variable(n.name)}; }
  Map copy(const Map &n) { return {to.map(n.name), to.clone(n.key)}; }
  Call copy(const Call &n) { return {n.name, to.clone(n.arguments), n.name_where}; }
  Unary copy(const Unary &n) { return {n.op, to.clone(n.operand)}; }
  Binary copy(const Binary &n) {
    ExprPtr left = to.clone(n.left);
    return {n.op, std::move(left), to.clone(n.right)};
  }
  IncrementDecrement copy(const IncrementDecrement &n) { return {n.increment, n.prefix, to.clone(n.target)}; }
  Ternary copy(const Ternary &n) {
    ExprPtr condition = to.clone(n.condition), then = to.clone(n.then);
    return {std::move(condition), std::move(then), to.clone(n.otherwise)};
  }
  Cast copy(const Cast &n) {
    TypeName type = to.type(n.type);
    return {std::move(type), to.clone(n.operand)};
  }
  FieldAccess copy(const FieldAccess &n) { return {to.clone(n.object), n.field, n.arrow, n.field_where}; }
  Index copy(const Index &n) {
    ExprPtr object = to.clone(n.object);
    return {std::move(object), to.clone(n.index)};
  }
  Tuple copy(const Tuple &n) { return {to.clone(n.elements), n.names}; }
  SizeofType copy(const SizeofType &n) { return {to.type(n.type)}; }
  SizeofExpr copy(const SizeofExpr &n) { return {to.clone(n.operand)}; }
  Offsetof copy(const Offsetof &n) { return {to.type(n.type), n.path}; }
  ContainerOf copy(const ContainerOf &n) {
    ExprPtr pointer = to.clone(n.pointer);
    return {std::move(pointer), to.type(n.type), n.path};
  }
  Typeinfo copy(const Typeinfo &n) { return {to.type(n.type)}; }
  Comptime copy(const Comptime &n) { return {to.clone(n.operand)}; }
  TypeArgument copy(const TypeArgument &n) { return {to.type(n.type)}; }
  BlockExpr copy(const BlockExpr &n) {
    std::vector<Statement> statements = to.clone(n.statements);
    return {std::move(statements), to.clone(n.result), n.expansion};
  }

  ExprStatement copy(const ExprStatement &n) { return {to.clone(n.expr), n.is_discarded}; }
  Assign copy(const Assign &n) {
    ExprPtr target = to.clone(n.target);
    return {std::move(target), n.op, to.clone(n.value)};
  }
  Let copy(const Let &n) {
    std::optional<TypeName> type;
    if (n.type)
      type = to.type(*n.type);
    return {to.variable(n.variable), std::move(type), to.clone(n.value), n.variable_where};
  }
  If copy(const If &n) {
    ExprPtr condition = to.clone(n.condition);
    Block then = to.clone(n.then);
    return {std::move(condition), std::move(then), n.otherwise ? std::optional(to.clone(*n.otherwise)) : std::nullopt};
  }
  While copy(const While &n) {
    ExprPtr condition = to.clone(n.condition);
    return {std::move(condition), to.clone(n.body)};
  }
  Unroll copy(const Unroll &n) {
    ExprPtr count = to.clone(n.count);
    return {std::move(count), to.clone(n.body)};
  }
  ForRange copy(const ForRange &n) {
    ExprPtr begin = to.clone(n.begin), end = to.clone(n.end);
    return {to.variable(n.variable), std::move(begin), std::move(end), to.clone(n.body)};
  }
  ForMap copy(const ForMap &n) {
    ExprPtr map = to.clone(n.map);
    return {to.variable(n.variable), std::move(map), to.clone(n.body)};
  }
  Return copy(const Return &n) { return {to.clone(n.value)}; }
  Block copy(const Block &n) { return to.clone(n); }
};

TypeName Cloner::type(const TypeName &name) {
  TypeName copy = name;
  if (name.of)
    copy.of = clone(*name.of);
  return copy;
}

ExprPtr Cloner::clone(const Expr &expr) {
  return match(expr.node, [&](const auto &node) { return make(expr.where, NodeCloner{*this}.copy(node)); });
}

Statement Cloner::clone(const Statement &statement) {
  return match(statement.node, [&](const auto &node) {
    return Statement{statement.where, NodeCloner{*this}.copy(node)};
  });
}

std::vector<ExprPtr> Cloner::clone(const std::vector<ExprPtr> &exprs) {
  std::vector<ExprPtr> copies;
  copies.reserve(exprs.size());
  for (const ExprPtr &expr : exprs)
    copies.push_back(clone(expr));
  return copies;
}

std::vector<Statement> Cloner::clone(const std::vector<Statement> &statements) {
  std::vector<Statement> copies;
  copies.reserve(statements.size());
  for (const Statement &statement : statements)
    copies.push_back(clone(statement));
  return copies;
}

}  // namespace sonde::ast
