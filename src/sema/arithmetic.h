// The rules of integer arithmetic: which type an operation has, and what it gives for constants.
//
// Operations are done in 64 bits whatever their operands' widths. Code generation converts both
// operands to the type that these functions name.
#pragma once

#include <cstdint>
#include <optional>

#include "ast/ast.h"
#include "sema/analysis.h"

namespace sonde::sema {

// Scalars that take part in arithmetic and conditions as the number they are.
bool acts_as_integer(const Type &type);
// A constant that is the same number whether it is read as signed or not.
bool is_natural_constant(const ExprInfo &info);

// Common type of two integers: uint64 if one is unsigned and the other unsigned or a natural
// constant, else int64. Comparisons are done in it.
Type common_integer_type(const ExprInfo &left, const ExprInfo &right);
// Type of `left op right` for integers; comparisons and logic give bool. Subtraction is signed
// (differences of timestamps may be negative), shifts follow their left side.
Type arithmetic_type(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right);
Type unary_type(ast::UnaryOp op, const ExprInfo &operand);

// The smallest type that holds a constant: of signed ones where the constant's own is.
Type smallest_integer(uint64_t bits, const Type &type);

bool is_comparison(ast::BinaryOp op);
bool is_logical(ast::BinaryOp op);
bool is_shift(ast::BinaryOp op);
bool is_division(ast::BinaryOp op);  // or modulo

// `bits` cut to the size of `type` and extended by its signedness.
uint64_t normalized(uint64_t bits, const Type &type);
// The number as people write it.
std::string constant_text(uint64_t bits, const Type &type);

// The bits of `left op right` where both are constants, as C computes them (overflow wraps); nothing
// where C has no answer: division by zero, shifts out of range.
std::optional<uint64_t> fold(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right);
uint64_t fold(ast::UnaryOp op, const ExprInfo &operand, const Type &result);

}  // namespace sonde::sema
