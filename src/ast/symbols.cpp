// How operators are spelled.
#include <array>
#include <string_view>

#include "ast/ast.h"

namespace sonde::ast {
namespace {

// In the order of the enums.
constexpr std::array<std::string_view, 5> kUnary{"-", "!", "~", "*", "&"};
constexpr std::array<std::string_view, 18> kBinary{"+", "-", "*",  "/", "%",  "<<", ">>", "&",  "|",
                                                   "^", "<", "<=", ">", ">=", "==", "!=", "&&", "||"};
static_assert(kUnary.size() == static_cast<size_t>(UnaryOp::AddressOf) + 1);
static_assert(kBinary.size() == static_cast<size_t>(BinaryOp::LogicalOr) + 1);

}  // namespace

std::string_view symbol(UnaryOp op) { return kUnary.at(static_cast<size_t>(op)); }
std::string_view symbol(BinaryOp op) { return kBinary.at(static_cast<size_t>(op)); }

}  // namespace sonde::ast
