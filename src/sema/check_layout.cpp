// What scripts ask of types: sizeof, typeof, offsetof, container_of, typeinfo.
#include "base/text.h"
#include "sema/arithmetic.h"
#include "sema/type_checker.h"
#include "types/record.h"

namespace sonde::sema {

// Structs of the kernel have the size that they have where the program is loaded.
void TypeChecker::check_size(const Type &type, Location where, ExprInfo &info) {
  Type whole = type_names_.complete(type, where);
  if (whole.is_none())
    return;
  set_constant(info, whole.size);
  if (moves(whole))
    settle_at_load(info, std::move(whole));
}

bool TypeChecker::moves(const Type &type) const {
  return type.kind == TypeKind::Struct && !kernel_.is_the_one() && analysis_.types->is_of_kernel(type.name);
}

void TypeChecker::settle_at_load(ExprInfo &info, Type type) {
  info.constant.reset();
  info.described = std::make_shared<const Type>(std::move(type));
}

void TypeChecker::check_node(const ast::SizeofType &node, const ast::Expr &expr, ExprInfo &info) {
  check_size(named_type(node.type, AddressSpace::None), expr.where, info);
}

Type TypeChecker::type_of(const ast::Expr &expr) {
  if (const auto *type = std::get_if<ast::TypeArgument>(&expr.node))
    return named_type(type->type, unit_->context.pointers);
  // A typedef looks like a value to the parser.
  const auto *name = std::get_if<ast::Identifier>(&expr.node);
  if (name && !builtins_.find(name->name).builtin && !analysis_.types->constant(name->name))
    return named_type({expr.where, name->name, {}}, unit_->context.pointers);
  const auto *map = std::get_if<ast::Map>(&expr.node);
  if (map && !map->key)
    if (uint32_t index = mention(*map, expr); maps_.state(index).form == MapForm::Keyed) {
      maps_.add_reader(index, unit_index_);
      return maps_.spec(index).key;
    }
  value(expr);
  return described_type(expr);
}

void TypeChecker::check_node(const ast::SizeofExpr &node, const ast::Expr &expr, ExprInfo &info) {
  check_size(type_of(*node.operand), expr.where, info);
}

std::optional<Field> TypeChecker::member(Type type, const std::vector<std::string> &path, Location where) {
  Field found;
  for (const std::string &name : path) {
    bool leads_there = type.is_pointer() && type.element && found.name.empty();
    type = type_names_.complete(leads_there ? *type.element : type, where);
    if (type.is_none())
      return std::nullopt;
    const Field *field = type.layout ? type.layout->find(name) : nullptr;
    if (!field) {
      Diagnostic &report = error(where, fmt::format("'{}' has no field '{}'", to_string(type), name));
      if (type.layout)
        report.with_hint(did_you_mean(name, field_names(*type.layout)));
      return std::nullopt;
    }
    uint32_t offset = found.offset + field->offset;
    found = *field;
    found.offset = offset;
    type = field->type;
  }
  return found;
}

void TypeChecker::check_node(const ast::Offsetof &node, const ast::Expr &expr, ExprInfo &info) {
  Type type = named_type(node.type, AddressSpace::None);
  if (type.is_none())
    return;
  auto field = member(type, node.path, expr.where);
  if (!field)
    return;
  set_constant(info, field->offset);
  Type object = type.is_pointer() ? *type.element : type;
  if (moves(object))
    settle_at_load(info, std::move(object));
}

void TypeChecker::check_node(const ast::ContainerOf &node, const ast::Expr &expr, ExprInfo &info) {
  Type pointer = value(*node.pointer).type;
  Type type = named_type(node.type, AddressSpace::None);
  if (type.is_pointer() && type.element)
    type = Type(*type.element);
  if (pointer.is_none() || type.is_none())
    return;
  auto field = member(type, node.path, expr.where);
  if (!field)
    return;
  if (!pointer.is_pointer() && !pointer.is_integer()) {
    error(node.pointer->where, fmt::format("container_of needs a pointer, but this is {}", a_type(pointer)));
    return;
  }
  bool says_what = pointer.is_pointer() && pointer.element && !pointer.element->is_none();
  if (says_what && !(*pointer.element == field->type))
    warning(node.pointer->where, fmt::format("this is {}, but '{}' of {} is {}", a_type(pointer), node.path.back(),
                                             to_string(type), a_type(field->type)));
  if (moves(type))
    info.described = std::make_shared<const Type>(type);
  info.type = Type::pointer(std::move(type), space_of(pointer));
  info.number = field->offset;
}

void TypeChecker::check_node(const ast::Typeinfo &node, const ast::Expr &, ExprInfo &info) {
  Type type = named_type(node.type, unit_->context.pointers);
  if (type.is_none())
    return;
  auto text = [](const std::string &s) { return Type::string(static_cast<uint32_t>(s.size()) + 1); };
  info.type =
      record_type({Type::int64(), text(kind_name(type)), text(to_string(type))}, {"btf_id", "base_type", "full_type"});
  bool has_number = type.kind == TypeKind::Struct || type.kind == TypeKind::Enum;
  if (!has_number || kernel_.is_the_one())
    info.constant = has_number ? kernel_.type_id(type.name) : 0;
  info.described = std::make_shared<const Type>(std::move(type));
}

}  // namespace sonde::sema
