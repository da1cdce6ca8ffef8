// Looks for loops such as `$i = 0; while ($i < 10) { …; $i++ }`.
#include "sema/loop_bounds.h"

#include <algorithm>

#include "base/match.h"
#include "sema/arithmetic.h"

namespace sonde::sema {
namespace {

class CounterCheck {
public:
  CounterCheck(const Unit &unit, uint32_t variable) : unit_(unit), variable_(variable) {}

  // Every assignment below gives the variable a value that follows from constants.
  bool holds(const ast::Block &block) const {
    return std::all_of(block.statements.begin(), block.statements.end(),
                       [&](const ast::Statement &statement) { return holds(statement); });
  }

private:
  bool holds(const ast::Statement &statement) const {
    return match(
        statement.node, [&](const ast::Assign &node) { return !is_variable(*node.target) || is_step(*node.value); },
        [&](const ast::Let &node) {
          return unit_.declared.at(&node) != variable_ || !node.value || is_step(*node.value);
        },
        [&](const ast::If &node) { return holds(node.then) && (!node.otherwise || holds(*node.otherwise)); },
        [&](const ast::While &node) { return holds(node.body); },
        [&](const ast::Unroll &node) { return holds(node.body); },
        [&](const ast::ForRange &node) { return unit_.declared.at(&node) != variable_ && holds(node.body); },
        [&](const ast::ForMap &node) { return unit_.declared.at(&node) != variable_ && holds(node.body); },
        [&](const ast::Block &node) { return holds(node); }, [](const ast::ExprStatement &) { return true; },
        [](const ast::Return &) { return true; }, [](const ast::Break &) { return true; },
        [](const ast::Continue &) { return true; });
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
        CounterCheck(unit, unit.info(*variable).variable).holds(unit.probe->body))
      return true;
  return false;
}

}  // namespace sonde::sema
