// What sizeof, typeof and typeinfo say of literals, and of variables and maps that hold them: the smallest type. What
// is kept has 64 bits all the same, so that a literal never decides how far a place can count.
#include <algorithm>

#include "sema/arithmetic.h"
#include "sema/type_checker.h"
#include "types/record.h"

namespace sonde::sema {
namespace {

// A place of `held` that is given `incoming`, one of which a literal without a sign may be.
Type wider(const Type &held, const Type &incoming, bool takes_sign) {
  if (!takes_sign || !held.is_integer() || !incoming.is_integer())
    return unify(held, incoming).value_or(incoming);
  return Type::integer(8 * std::max(held.size, incoming.size), incoming.is_signed);
}

}  // namespace

// 5 and -5.
bool is_integer_literal(const ast::Expr &expr) {
  const auto *unary = std::get_if<ast::Unary>(&expr.node);
  if (unary && unary->op == ast::UnaryOp::Negate)
    return std::holds_alternative<ast::Integer>(unary->operand->node);
  return std::holds_alternative<ast::Integer>(expr.node);
}

Type TypeChecker::described_type(const ast::Expr &expr) {
  const ExprInfo &info = info_of(expr);
  if (is_integer_literal(expr) && info.constant)
    return smallest_integer(*info.constant, info.type);
  if (const auto *tuple = std::get_if<ast::Tuple>(&expr.node); tuple && !info.type.is_none()) {
    std::vector<Type> elements;
    for (const ast::ExprPtr &element : tuple->elements)
      elements.push_back(stored_type(described_type(*element)));
    return record_type(std::move(elements), tuple->names);
  }
  const Slot *place =
      info.variable != kNoIndex && std::holds_alternative<ast::Variable>(expr.node) ? &slot(info.variable) : nullptr;
  if (info.map != kNoIndex && std::holds_alternative<ast::Map>(expr.node))
    place = &maps_.state(info.map).value;
  bool is_described = place && place->described.kind == info.type.kind && !place->is_declared;
  return is_described ? place->described : info.type;
}

// Only what is assigned as it is: what is computed in the place has its type.
bool TypeChecker::describe(Slot &place, const ast::Expr *value) {
  Type incoming = value ? described_type(*value) : place.type;
  bool is_natural = value && std::holds_alternative<ast::Integer>(value->node);
  Type before = place.described;
  if (before.is_none())
    place.described = incoming;
  else if (is_natural && before.is_integer() && incoming.is_integer())
    place.described = wider(smallest_integer(*info_of(*value).constant, Type::integer(64, before.is_signed)), before,
                            /*takes_sign=*/true);
  else
    place.described = wider(before, incoming, place.describes_literals);
  place.describes_literals = is_natural && (before.is_none() || place.describes_literals);
  return !before.is_none() && !(before == place.described);
}

}  // namespace sonde::sema
