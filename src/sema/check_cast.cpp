// Casts, and the types that they name.
#include "base/text.h"
#include "sema/arithmetic.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

bool is_castable(const Type &type) {
  return type.is_integer() || type.kind == TypeKind::Bool || type.kind == TypeKind::Enum || type.is_pointer();
}

}  // namespace

AddressSpace TypeChecker::space_of(const Type &type) const {
  return type.space == AddressSpace::None ? unit_->context.pointers : type.space;
}

Type TypeChecker::named_type(const ast::TypeName &name, AddressSpace space) {
  if (name.of) {
    Type type = type_of(*name.of);
    return type.is_none() ? type : type_names_.derive(std::move(type), name, space);
  }
  return type_names_.resolve(name, space, static_cast<uint32_t>(analysis_.config.max_strlen));
}

void TypeChecker::set_constant(ExprInfo &info, uint64_t value) {
  info.type = Type::int64();
  info.constant = value;
}

// (uint8[4])n, (uint8[])n: the bytes of an integer; a literal has as many as are asked for.
void TypeChecker::check_array_cast(const ast::Cast &cast, const ExprInfo &operand, Location where, ExprInfo &info) {
  ast::TypeName name = cast.type;
  name.dimensions.clear();
  Type element = type_names_.complete(named_type(name, AddressSpace::None), where);
  if (element.is_none() || operand.type.is_none())
    return;
  bool is_literal = is_integer_literal(*cast.operand);
  uint32_t size = is_literal ? smallest_integer(*operand.constant, operand.type).size : operand.type.size;
  uint64_t wanted = cast.type.dimensions.front();
  uint64_t count = wanted ? wanted : element.size ? size / element.size : 0;
  uint64_t bytes = count * element.size;
  bool fits = is_literal ? bytes >= size && bytes <= 8 : bytes == size;
  bool is_number = operand.type.is_integer() || operand.type.kind == TypeKind::Bool;
  if (!is_number || !element.is_scalar() || cast.type.dimensions.size() > 1 || !fits || !std::has_single_bit(bytes)) {
    error(where, fmt::format("cannot cast {} to {}[{}]", a_type(operand.type), to_string(element),
                             wanted ? std::to_string(wanted) : ""))
        .with_hint("integers become arrays of their own size: 1, 2, 4 or 8 bytes");
    return;
  }
  info.type = Type::array(std::move(element), static_cast<uint32_t>(count));
}

void TypeChecker::check_node(const ast::Cast &cast, const ast::Expr &expr, ExprInfo &info) {
  const ExprInfo &operand = value(*cast.operand);
  bool is_array = !cast.type.dimensions.empty() && cast.type.name != "string";
  if (is_array) {
    check_array_cast(cast, operand, expr.where, info);
    return;
  }
  Type type = named_type(cast.type, space_of(operand.type));
  if (type.is_none() || operand.type.is_none())
    return;
  // What has the type already, and texts of other sizes.
  bool fits = type.is_string() ? is_text(operand.type) : !type.is_aggregate() && unify(operand.type, type) == type;
  if (fits && !type.is_scalar()) {
    if (operand.text && operand.text->size() < type.size)
      info.text = operand.text;
    info.type = std::move(type);
    return;
  }
  if (!is_castable(type)) {
    Diagnostic &report = error(expr.where, fmt::format("cannot cast to {}", to_string(type)));
    if (type.kind == TypeKind::Struct)
      report.with_hint(fmt::format("cast to a pointer: ({} *)", to_string(type)));
    else if (type.is_string())
      report.with_hint("str(…) reads the string at an address");
    return;
  }
  bool is_same_bytes = operand.type.kind == TypeKind::Array && type.is_integer() && operand.type.size == type.size;
  if (is_same_bytes) {
    info.type = std::move(type);
    return;
  }
  // As in C, an array stands for the address of its first element.
  bool is_address = operand.type.kind == TypeKind::Array && type.is_pointer() && is_in_memory(*cast.operand);
  if (is_address) {
    info.type = std::move(type);
    return;
  }
  if (!acts_as_integer(operand.type)) {
    error(expr.where, fmt::format("cannot cast {} to {}", a_type(operand.type), to_string(type)));
    return;
  }
  info.type = std::move(type);
  if (operand.constant)
    info.constant = normalized(*operand.constant, info.type);
}

}  // namespace sonde::sema
