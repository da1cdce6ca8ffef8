// Evaluates by the types that sema found: operands are converted to an operation's type, results wrap in it.
#include "evaluate.h"

#include <algorithm>

#include "base/match.h"
#include "sema/arithmetic.h"

namespace sonde::random {
namespace {

using ast::BinaryOp;

uint64_t divide(BinaryOp op, uint64_t a, uint64_t b, bool is_signed) {
  bool wants_quotient = op == BinaryOp::Divide;
  if (b == 0)
    return wants_quotient ? 0 : a;
  if (!is_signed)
    return wants_quotient ? a / b : a % b;
  if (b == UINT64_MAX)
    return wants_quotient ? 0 - a : 0;
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  return static_cast<uint64_t>(wants_quotient ? x / y : x % y);
}

uint64_t compute(BinaryOp op, uint64_t a, uint64_t b, const Type &type) {
  uint64_t distance = b % (type.size * 8);
  switch (op) {
  case BinaryOp::Add: return a + b;
  case BinaryOp::Subtract: return a - b;
  case BinaryOp::Multiply: return a * b;
  case BinaryOp::Divide:
  case BinaryOp::Modulo: return divide(op, a, b, type.is_signed);
  case BinaryOp::BitAnd: return a & b;
  case BinaryOp::BitOr: return a | b;
  case BinaryOp::BitXor: return a ^ b;
  case BinaryOp::ShiftLeft: return a << distance;
  case BinaryOp::ShiftRight:
    return type.is_signed ? static_cast<uint64_t>(static_cast<int64_t>(a) >> distance) : a >> distance;
  default: throw NotPure("operator");
  }
}

template <typename T> bool ordered(BinaryOp op, T a, T b) {
  switch (op) {
  case BinaryOp::Less: return a < b;
  case BinaryOp::LessEqual: return a <= b;
  case BinaryOp::Greater: return a > b;
  case BinaryOp::GreaterEqual: return a >= b;
  case BinaryOp::Equal: return a == b;
  default: return a != b;
  }
}

uint64_t reversed(uint64_t bits, uint32_t size) {
  uint64_t result = 0;
  for (uint32_t i = 0; i < size; ++i)
    result |= (bits >> (8 * i) & 0xff) << (8 * (size - 1 - i));
  return result;
}

}  // namespace

void Evaluator::run(const sema::Analysis &, const sema::Unit &unit) {
  unit_ = &unit;
  for (const ast::Statement &statement : unit.probe->body.statements) {
    const auto *assign = std::get_if<ast::Assign>(&statement.node);
    if (!assign || assign->op)
      throw NotPure("statement");
    Value result = value(*assign->value);
    if (const auto *variable = std::get_if<ast::Variable>(&assign->target->node)) {
      variables_[variable->name] = result;
      continue;
    }
    const auto &map = std::get<ast::Map>(assign->target->node);
    (map.key ? keyed_[map.name][value(*map.key).bits] : scalars_[map.name]) = result;
  }
}

Value Evaluator::value(const ast::Expr &expr) {
  Value result = node_value(expr);
  const Type &type = unit_->info(expr).type;
  if (type.is_scalar())
    result.bits = sema::normalized(result.bits, type);
  return result;
}

uint64_t Evaluator::number(const ast::Expr &expr, const Type &as) { return sema::normalized(value(expr).bits, as); }

Value Evaluator::node_value(const ast::Expr &expr) {
  auto unknown = [](const auto &) -> Value { throw NotPure("expression"); };
  return match(
      expr.node, [](const ast::Integer &node) { return Value{node.value}; },
      [](const ast::Boolean &node) { return Value{node.value}; },
      [](const ast::String &node) {
        return Value{0, node.value};
      },
      [&](const ast::Variable &node) { return variables_.at(node.name); },
      [&](const ast::Map &node) {
        return node.key ? keyed_[node.name].at(value(*node.key).bits) : scalars_[node.name];
      },
      [&](const ast::Unary &node) {
        const Type &type = unit_->info(expr).type;
        switch (node.op) {
        case ast::UnaryOp::Negate: return Value{0 - number(*node.operand, type)};
        case ast::UnaryOp::BitNot: return Value{~number(*node.operand, type)};
        case ast::UnaryOp::LogicalNot: return Value{!truth(*node.operand)};
        default: throw NotPure("operator");
        }
      },
      [&](const ast::Binary &node) { return binary(expr, node); },
      [&](const ast::Ternary &node) { return value(truth(*node.condition) ? *node.then : *node.otherwise); },
      [&](const ast::Cast &node) { return value(*node.operand); },
      [&](const ast::FieldAccess &node) { return value(*node.object).elements.at(std::stoul(node.field)); },
      [&](const ast::Tuple &node) {
        Value tuple;
        for (const ast::ExprPtr &element : node.elements)
          tuple.elements.push_back(value(*element));
        return tuple;
      },
      [&](const ast::Call &node) { return call(expr, node); }, unknown);
}

Value Evaluator::binary(const ast::Expr &expr, const ast::Binary &node) {
  if (node.op == BinaryOp::LogicalAnd)
    return {truth(*node.left) && truth(*node.right)};
  if (node.op == BinaryOp::LogicalOr)
    return {truth(*node.left) || truth(*node.right)};
  if (sema::is_comparison(node.op))
    return {compare(node)};
  const Type &type = unit_->info(expr).type;
  return {compute(node.op, number(*node.left, type), number(*node.right, type), type)};
}

bool Evaluator::compare(const ast::Binary &node) {
  const sema::ExprInfo &left = unit_->info(*node.left), &right = unit_->info(*node.right);
  if (!left.type.is_scalar())
    return (value(*node.left) == value(*node.right)) == (node.op == BinaryOp::Equal);
  Type common = sema::common_integer_type(left, right);
  uint64_t a = number(*node.left, common), b = number(*node.right, common);
  if (common.is_signed)
    return ordered(node.op, static_cast<int64_t>(a), static_cast<int64_t>(b));
  return ordered(node.op, a, b);
}

Value Evaluator::call(const ast::Expr &expr, const ast::Call &node) {
  auto argument = [&](size_t i) { return value(*node.arguments.at(i)); };
  if (node.name == "strlen")
    return {argument(0).text.size()};
  if (node.name == "bswap")
    return {reversed(argument(0).bits, unit_->info(expr).type.size)};
  if (node.name == "strncmp") {
    size_t most = argument(2).bits;
    return {argument(0).text.substr(0, most) != argument(1).text.substr(0, most)};
  }
  throw NotPure(node.name);
}

}  // namespace sonde::random
