// Looks for loops such as `$i = 0; while ($i < 10) { …; $i++ }`.
#include "sema/loop_bounds.h"

#include <algorithm>

#include "ast/children.h"
#include "sema/arithmetic.h"

namespace sonde::sema {
namespace {

class CounterCheck {
public:
  CounterCheck(const Unit &unit, uint32_t variable) : unit_(unit), variable_(variable) {}

  // Every assignment below gives the variable a value that follows from constants.
  bool holds(const ast::Expr &expr) const { return parts_hold(expr); }
  bool holds(const ast::Statement &statement) const {
    if (const auto *assign = std::get_if<ast::Assign>(&statement.node))
      return (!is_variable(*assign->target) || is_step(*assign->value)) && parts_hold(statement);
    if (const auto *let = std::get_if<ast::Let>(&statement.node))
      return (!declares(let) || !let->value || is_step(*let->value)) && parts_hold(statement);
    if (const auto *range = std::get_if<ast::ForRange>(&statement.node))
      return !declares(range) && parts_hold(statement);
    if (const auto *over_map = std::get_if<ast::ForMap>(&statement.node))
      return !declares(over_map) && parts_hold(statement);
    return parts_hold(statement);
  }

private:
  template <typename Node> bool parts_hold(const Node &node) const {
    bool all = true;
    ast::for_each_part(node, [&](const auto &part) { all = all && holds(part); });
    return all;
  }

  // Branches that are not compiled declare nothing.
  bool declares(const void *node) const {
    auto found = unit_.declared.find(node);
    return found != unit_.declared.end() && found->second == variable_;
  }

  bool is_variable(const ast::Expr &expr) const {
    return std::holds_alternative<ast::Variable>(expr.node) && unit_.info(expr).variable == variable_;
  }

  // A constant, or the variable and a constant in one operation.
  bool is_step(const ast::Expr &value) const {
    if (unit_.info(value).constant)
      return true;
    const auto *binary = std::get_if<ast::Binary>(&value.node);
    return binary && (is_variable(*binary->left) || unit_.info(*binary->left).constant) &&
           (is_variable(*binary->right) || unit_.info(*binary->right).constant);
  }

  const Unit &unit_;
  uint32_t variable_;
};

bool holds_in(const ast::Block &body, const CounterCheck &check) {
  return std::all_of(body.statements.begin(), body.statements.end(),
                     [&](const ast::Statement &statement) { return check.holds(statement); });
}

}  // namespace

bool is_bounded_by_constants(const ast::Expr &condition, const Unit &unit) {
  const auto *binary = std::get_if<ast::Binary>(&condition.node);
  if (!binary)
    return false;
  if (binary->op == ast::BinaryOp::LogicalAnd)
    return is_bounded_by_constants(*binary->left, unit) || is_bounded_by_constants(*binary->right, unit);
  if (!is_comparison(binary->op))
    return false;
  for (const auto &[variable, limit] : {std::pair(&*binary->left, &*binary->right), {&*binary->right, &*binary->left}})
    if (std::holds_alternative<ast::Variable>(variable->node) && unit.info(*limit).constant &&
        holds_in(unit.probe->body, CounterCheck(unit, unit.info(*variable).variable)))
      return true;
  return false;
}

}  // namespace sonde::sema
