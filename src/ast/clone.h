// Copies of trees. A copy is part of another program: its expressions have numbers of their own.
//
// Derive to change something on the way: each virtual member copies one kind of part, and may return
// something else instead.
#pragma once

#include <string>
#include <vector>

#include "ast/ast.h"

namespace sonde::ast {

class Cloner {
public:
  // Numbers the copies from `next` on.
  explicit Cloner(ExprId &next) : next_(next) {}
  virtual ~Cloner() = default;
  Cloner(const Cloner &) = delete;
  Cloner &operator=(const Cloner &) = delete;

  virtual ExprPtr clone(const Expr &expr);
  virtual Statement clone(const Statement &statement);
  ExprPtr clone(const ExprPtr &expr) { return expr ? clone(*expr) : nullptr; }
  std::vector<ExprPtr> clone(const std::vector<ExprPtr> &exprs);
  std::vector<Statement> clone(const std::vector<Statement> &statements);
  Block clone(const Block &block) { return {block.where, clone(block.statements), block.ends_in_value}; }

protected:
  virtual std::string variable(const std::string &name) { return name; }
  virtual std::string map(const std::string &name) { return name; }
  virtual TypeName type(const TypeName &name);
  template <typename Node> ExprPtr make(Location where, Node node) {
    auto expr = std::make_unique<Expr>();
    expr->id = next_++;
    expr->where = where;
    expr->node = std::move(node);
    return expr;
  }

private:
  friend struct NodeCloner;
  ExprId &next_;
};

}  // namespace sonde::ast
