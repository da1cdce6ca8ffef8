// Compares the known side with the least and the greatest value of the other one's type.
#include "sema/settled_comparison.h"

#include <limits>

#include "sema/arithmetic.h"
#include "sema/unify.h"

namespace sonde::sema {
namespace {

using ast::BinaryOp;

template <typename T> struct Range { T least, greatest; };

// The values of `type` as numbers of a 64-bit type, T; nothing when they do not all fit it.
template <typename T> std::optional<Range<T>> range_of(const Type &type) {
  if (type.kind == TypeKind::Bool)
    return Range<T>{0, 1};
  if (type.size >= sizeof(T) && type.is_signed != std::numeric_limits<T>::is_signed)
    return std::nullopt;
  if (type.is_signed && !std::numeric_limits<T>::is_signed)
    return std::nullopt;
  uint32_t unused = 64 - 8 * type.size;
  if (!type.is_signed)
    return Range<T>{0, static_cast<T>(UINT64_MAX >> unused)};
  return Range<T>{static_cast<T>(INT64_MIN >> unused), static_cast<T>(INT64_MAX >> unused)};
}

// Of `x op known`, with x somewhere in the range.
template <typename T> std::optional<bool> outcome(BinaryOp op, Range<T> range, T known) {
  bool above = range.least > known, below = range.greatest < known;  // all of the range
  bool not_below = range.least >= known, not_above = range.greatest <= known;
  auto settled = [](bool always, bool never) {
    return always ? std::optional(true) : never ? std::optional(false) : std::nullopt;
  };
  switch (op) {
  case BinaryOp::Less: return settled(below, not_below);
  case BinaryOp::LessEqual: return settled(not_above, above);
  case BinaryOp::Greater: return settled(above, not_above);
  case BinaryOp::GreaterEqual: return settled(not_below, below);
  case BinaryOp::Equal: return settled(false, above || below);
  case BinaryOp::NotEqual: return settled(above || below, false);
  default: return std::nullopt;
  }
}

BinaryOp mirrored(BinaryOp op) {
  switch (op) {
  case BinaryOp::Less: return BinaryOp::Greater;
  case BinaryOp::LessEqual: return BinaryOp::GreaterEqual;
  case BinaryOp::Greater: return BinaryOp::Less;
  case BinaryOp::GreaterEqual: return BinaryOp::LessEqual;
  default: return op;
  }
}

template <typename T> std::optional<bool> compare_in(BinaryOp op, const Type &type, uint64_t known) {
  std::optional<Range<T>> range = range_of<T>(type);
  return range ? outcome<T>(op, *range, static_cast<T>(known)) : std::nullopt;
}

// A text that is too long for the place that it is compared with.
std::optional<bool> compare_texts(BinaryOp op, const ExprInfo &known, const ExprInfo &other) {
  bool is_too_long = known.text->size() >= stored_type(other.type).size;
  return is_too_long ? std::optional(op == BinaryOp::NotEqual) : std::nullopt;
}

}  // namespace

std::optional<bool> settled_comparison(BinaryOp op, const ExprInfo &left, const ExprInfo &right) {
  if (is_text(left.type) && is_text(right.type)) {
    if (left.text.has_value() == right.text.has_value())
      return std::nullopt;
    return left.text ? compare_texts(op, left, right) : compare_texts(op, right, left);
  }
  auto is_number = [](const Type &type) { return type.is_integer() || type.kind == TypeKind::Bool; };
  if (!is_number(left.type) || !is_number(right.type) || left.constant.has_value() == right.constant.has_value())
    return std::nullopt;
  if (left.constant)
    return settled_comparison(mirrored(op), right, left);
  return common_integer_type(left, right).is_signed ? compare_in<int64_t>(op, left.type, *right.constant)
                                                    : compare_in<uint64_t>(op, left.type, *right.constant);
}

}  // namespace sonde::sema
