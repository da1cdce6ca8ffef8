// Types and constant values of integer operations.
#include "sema/arithmetic.h"

#include <limits>

namespace sonde::sema {
namespace {

using ast::BinaryOp;

constexpr uint32_t kWordBits = 64;

// Wrapping is unsigned arithmetic in every type; only these depend on the sign.
std::optional<uint64_t> divide(BinaryOp op, uint64_t left, uint64_t right, bool is_signed) {
  if (right == 0)
    return std::nullopt;
  bool wants_quotient = op == BinaryOp::Divide;
  if (!is_signed)
    return wants_quotient ? left / right : left % right;
  // The one quotient that does not fit: it wraps to itself, with nothing left over.
  if (right == UINT64_MAX)
    return wants_quotient ? 0 - left : 0;
  auto dividend = static_cast<int64_t>(left), divisor = static_cast<int64_t>(right);
  return static_cast<uint64_t>(wants_quotient ? dividend / divisor : dividend % divisor);
}

std::optional<uint64_t> shift(BinaryOp op, uint64_t left, const ExprInfo &count, bool is_signed) {
  uint64_t bits = *count.constant;
  if (bits >= kWordBits)
    return std::nullopt;
  if (op == BinaryOp::ShiftLeft)
    return left << bits;
  return is_signed ? static_cast<uint64_t>(static_cast<int64_t>(left) >> bits) : left >> bits;
}

bool less(uint64_t left, uint64_t right, bool is_signed) {
  return is_signed ? static_cast<int64_t>(left) < static_cast<int64_t>(right) : left < right;
}

}  // namespace

bool acts_as_integer(const Type &type) { return type.is_scalar() && type.kind < TypeKind::ProbeName; }

bool is_natural_constant(const ExprInfo &info) {
  return info.constant && (!info.type.is_signed || static_cast<int64_t>(*info.constant) >= 0);
}

Type common_integer_type(const ExprInfo &left, const ExprInfo &right) {
  bool left_may = !left.type.is_signed || is_natural_constant(left);
  bool right_may = !right.type.is_signed || is_natural_constant(right);
  bool one_is = !left.type.is_signed || !right.type.is_signed;
  return Type::integer(kWordBits, !(left_may && right_may && one_is));
}

bool is_comparison(BinaryOp op) { return op >= BinaryOp::Less && op <= BinaryOp::NotEqual; }
bool is_logical(BinaryOp op) { return op == BinaryOp::LogicalAnd || op == BinaryOp::LogicalOr; }
bool is_shift(BinaryOp op) { return op == BinaryOp::ShiftLeft || op == BinaryOp::ShiftRight; }
bool is_division(BinaryOp op) { return op == BinaryOp::Divide || op == BinaryOp::Modulo; }

Type arithmetic_type(BinaryOp op, const ExprInfo &left, const ExprInfo &right) {
  if (is_comparison(op) || is_logical(op))
    return Type::boolean();
  if (is_shift(op))
    return Type::integer(kWordBits, left.type.is_signed);
  Type common = common_integer_type(left, right);
  if (op != BinaryOp::Subtract)
    return common;
  // A difference of large constants is known not to be negative.
  bool is_natural = left.constant && right.constant && !common.is_signed && *left.constant >= *right.constant;
  return Type::integer(kWordBits, !is_natural);
}

Type unary_type(ast::UnaryOp op, const ExprInfo &operand) {
  switch (op) {
  case ast::UnaryOp::LogicalNot: return Type::boolean();
  case ast::UnaryOp::BitNot:
    if (operand.constant && operand.type == Type::int64() && is_natural_constant(operand))
      return Type::uint64();  // ~0 is all ones, not -1
    if (operand.type.is_integer())
      return operand.type;
    return Type::integer(kWordBits, operand.type.is_signed);
  default: return Type::int64();
  }
}

uint64_t normalized(uint64_t bits, const Type &type) {
  if (type.kind == TypeKind::Bool)
    return bits != 0;
  if (type.size >= 8 || type.size == 0)
    return bits;
  uint32_t unused = kWordBits - 8 * type.size;
  if (type.is_signed)
    return static_cast<uint64_t>(static_cast<int64_t>(bits << unused) >> unused);
  return bits << unused >> unused;
}

Type smallest_integer(uint64_t bits, const Type &type) {
  for (uint32_t size : {8, 16, 32})
    if (Type smaller = Type::integer(size, type.is_signed); normalized(bits, smaller) == bits)
      return smaller;
  return Type::integer(64, type.is_signed);
}

std::string constant_text(uint64_t bits, const Type &type) {
  return type.is_signed ? std::to_string(static_cast<int64_t>(bits)) : std::to_string(bits);
}

std::optional<uint64_t> fold(BinaryOp op, const ExprInfo &left, const ExprInfo &right) {
  uint64_t a = *left.constant, b = *right.constant;
  bool compares_signed = common_integer_type(left, right).is_signed;
  switch (op) {
  case BinaryOp::Add: return a + b;
  case BinaryOp::Subtract: return a - b;
  case BinaryOp::Multiply: return a * b;
  case BinaryOp::Divide:
  case BinaryOp::Modulo: return divide(op, a, b, compares_signed);
  case BinaryOp::ShiftLeft:
  case BinaryOp::ShiftRight: return shift(op, a, right, left.type.is_signed);
  case BinaryOp::BitAnd: return a & b;
  case BinaryOp::BitOr: return a | b;
  case BinaryOp::BitXor: return a ^ b;
  case BinaryOp::Less: return less(a, b, compares_signed);
  case BinaryOp::LessEqual: return !less(b, a, compares_signed);
  case BinaryOp::Greater: return less(b, a, compares_signed);
  case BinaryOp::GreaterEqual: return !less(a, b, compares_signed);
  case BinaryOp::Equal: return a == b;
  case BinaryOp::NotEqual: return a != b;
  case BinaryOp::LogicalAnd: return a && b;
  case BinaryOp::LogicalOr: return a || b;
  }
  return std::nullopt;
}

uint64_t fold(ast::UnaryOp op, const ExprInfo &operand, const Type &result) {
  uint64_t bits = *operand.constant;
  if (op == ast::UnaryOp::LogicalNot)
    return bits == 0;
  return normalized(op == ast::UnaryOp::BitNot ? ~bits : 0 - bits, result);
}

}  // namespace sonde::sema
