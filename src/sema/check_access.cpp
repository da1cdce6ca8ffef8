// Casts, fields, elements, dereference, and the sizes and offsets of types.
#include <bit>

#include "base/text.h"
#include "kernel/type_shape.h"
#include "sema/arithmetic.h"
#include "sema/type_checker.h"
#include "sema/used_args.h"
#include "types/record.h"

namespace sonde::sema {
namespace {

std::vector<std::string> field_names(const StructLayout &layout) {
  std::vector<std::string> names;
  for (const Field &field : layout.fields) {
    if (!field.name.empty())
      names.push_back(field.name);
    else if (field.type.layout)
      for (std::string &inner : field_names(*field.type.layout))
        names.push_back(std::move(inner));
  }
  return names;
}

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

Type TypeChecker::field_type(const Field &field, AddressSpace space) const {
  if (field.is_data_loc)
    return Type::pointer(Type::integer(8, true), AddressSpace::Kernel);
  Type type = field.type;
  bool holds_addresses = type.is_pointer() || type.kind == TypeKind::Struct || type.kind == TypeKind::Array;
  if (holds_addresses && type.space == AddressSpace::None)
    type.space = space;
  return type;
}

bool TypeChecker::is_args(const ast::Expr &expr) const { return unit_->context.args && names_args(expr); }

void TypeChecker::check_node(const ast::FieldAccess &access, const ast::Expr &expr, ExprInfo &info) {
  const Type &object = value(*access.object).type;
  if (object.is_none())
    return;
  if (object.kind == TypeKind::Tuple) {
    check_tuple_field(access, object, info);
    return;
  }
  bool is_address = object.is_pointer() && object.element && object.element->kind == TypeKind::Struct;
  if (!is_address && object.kind != TypeKind::Struct) {
    Diagnostic &report = error(access.field_where, fmt::format("{} has no field '{}'", a_type(object), access.field));
    if (object.is_integer())
      report.with_hint(fmt::format("cast the address: ((struct NAME *)…)->{}", access.field));
    return;
  }
  Type target = is_address ? *object.element : object;
  target.space = space_of(object);
  check_struct_field(access, target, expr, info);
}

void TypeChecker::check_tuple_field(const ast::FieldAccess &access, const Type &tuple, ExprInfo &info) {
  const Field *field = tuple.layout->find(access.field);
  if (!field) {
    report_no_element(access, tuple);
    return;
  }
  info.type = field_type(*field, unit_->context.pointers);
  const ExprInfo &object = info_of(*access.object);
  if (!object.described)
    return;
  if (field->type.is_string())
    info.text = described_text(object, access.field);
  else if (object.constant)
    info.constant = object.constant;
  else
    error(access.field_where, "numbers of types differ between kernels, and this is built for others too");
}

void TypeChecker::report_no_element(const ast::FieldAccess &access, const Type &tuple) {
  size_t count = tuple.layout->fields.size();
  std::string hint = is_record(tuple) ? did_you_mean(access.field, field_names(*tuple.layout))
                     : count > 0      ? fmt::format("its elements are 0 to {}", count - 1)
                                      : "";
  error(access.field_where,
        fmt::format("{} has no {} {}", a_type(tuple), is_record(tuple) ? "field" : "element", access.field))
      .with_hint(std::move(hint));
}

void TypeChecker::check_struct_field(const ast::FieldAccess &access, const Type &object, const ast::Expr &expr,
                                     ExprInfo &info) {
  Type whole = type_names_.complete(object, expr.where);
  if (!whole.layout)
    return;
  if (const Field *field = whole.layout->find(access.field)) {
    info.type = field_type(*field, whole.space);
    return;
  }
  if (std::string problem = analysis_.types->flavour_problem(whole.name, access.field); !problem.empty()) {
    error(access.field_where, problem)
        .with_hint(fmt::format("if (has_field(struct {}, {})) {{ … }} keeps it to kernels that have it",
                               kernel::without_flavour(whole.name), access.field));
    return;
  }
  std::string hint = did_you_mean(access.field, field_names(*whole.layout));
  if (!is_args(*access.object)) {
    error(access.field_where, fmt::format("'{}' has no field '{}'", to_string(object), access.field)).with_hint(hint);
    return;
  }
  const std::string &probe = unit_->targets.front().name;
  std::string list = fmt::format("`sonde -lv {}` lists the arguments", probe);
  error(access.field_where, fmt::format("{} has no argument '{}'", probe, access.field))
      .with_hint(hint.empty() ? list : hint + " " + list);
}

void TypeChecker::check_node(const ast::Index &access, const ast::Expr &expr, ExprInfo &info) {
  const Type &object = value(*access.object).type;
  const ExprInfo &index = integer(*access.index, "an index");
  if (object.is_none() || index.type.is_none())
    return;
  bool is_array = object.kind == TypeKind::Array;
  if (!object.is_string() && ((!is_array && !object.is_pointer()) || !object.element)) {
    Diagnostic &report = error(expr.where, fmt::format("{} has no elements to index", a_type(object)));
    if (object.kind == TypeKind::Tuple)
      report.with_hint("elements of tuples are .0, .1, …");
    return;
  }
  // A string's are its characters.
  Type element = object.is_string() ? Type::integer(8, true) : type_names_.complete(*object.element, expr.where);
  if (element.size == 0)
    return;
  uint64_t count = object.is_string() ? object.size : object.count;
  // `struct upid numbers[]`, the last member of a struct, goes on behind it as far as who allocated it knows.
  bool is_open = object.is_pointer() || (is_array && count == 0);
  if (!is_open && index.constant && *index.constant >= count) {
    error(access.index->where,
          fmt::format("index {} is outside of {}", constant_text(*index.constant, index.type), a_type(object)));
    return;
  }
  if (element.space == AddressSpace::None)
    element.space = space_of(object);
  info.type = std::move(element);
}

void TypeChecker::check_dereference(const ast::Unary &unary, const ast::Expr &expr, ExprInfo &info) {
  const Type &pointer = value(*unary.operand).type;
  if (pointer.is_none())
    return;
  // An address without a type, as kaddr() gives it, leads to a machine word.
  if (pointer.is_integer() && pointer.size == sizeof(uint64_t)) {
    info.type = Type::uint64();
    info.type.space = space_of(pointer);
    return;
  }
  if (!pointer.is_pointer()) {
    Diagnostic &report = error(expr.where, fmt::format("'*' needs a pointer, but this is {}", a_type(pointer)));
    if (pointer.is_integer())
      report.with_hint(fmt::format("cast the address: *({} *)…", std::holds_alternative<ast::Cast>(unary.operand->node)
                                                                     ? to_string(pointer)
                                                                     : "uint64"));
    return;
  }
  Type target = type_names_.complete(*pointer.element, expr.where);
  if (target.is_none() && pointer.element->is_none())
    error(expr.where, "'*' cannot read through a void pointer").with_hint("cast it: *(uint64 *)…");
  if (target.is_none())
    return;
  if (target.space == AddressSpace::None)
    target.space = space_of(pointer);
  info.type = std::move(target);
}

void TypeChecker::check_address_of(const ast::Unary &unary, const ast::Expr &expr, ExprInfo &info) {
  const Type &object = value(*unary.operand).type;
  if (object.is_none())
    return;
  if (is_bitfield(*unary.operand))
    error(expr.where, "a bitfield has no address of its own");
  else if (!is_in_memory(*unary.operand))
    error(expr.where, "'&' has no address to take here").with_hint("what a pointer leads to has one: &$p->field");
  else
    info.type = Type::pointer(object, space_of(object));
}

bool TypeChecker::is_in_memory(const ast::Expr &expr) {
  if (const auto *unary = std::get_if<ast::Unary>(&expr.node))
    return unary->op == ast::UnaryOp::Dereference;
  const ast::Expr *object = nullptr;
  if (const auto *access = std::get_if<ast::FieldAccess>(&expr.node))
    object = access->object.get();
  else if (const auto *index = std::get_if<ast::Index>(&expr.node))
    object = index->object.get();
  return object && (info_of(*object).type.is_pointer() || is_in_memory(*object));
}

bool TypeChecker::is_bitfield(const ast::Expr &expr) {
  const auto *access = std::get_if<ast::FieldAccess>(&expr.node);
  if (!access)
    return false;
  const Type &object = info_of(*access->object).type;
  Type whole = type_names_.complete(object.is_pointer() ? *object.element : object, expr.where);
  const Field *field = whole.layout ? whole.layout->find(access->field) : nullptr;
  return field && field->bit_width > 0;
}

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
