// Fields, elements, dereference and addresses.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "kernel/type_shape.h"
#include "sema/arithmetic.h"
#include "sema/type_checker.h"
#include "sema/used_args.h"
#include "types/record.h"

namespace sonde::sema {
namespace {

// Of all that a probe matches, those without an argument of that name: "a has", "a, b and 3 more of 9 matches have".
std::string who_lack(const Analysis &analysis, const ast::Probe &probe, const std::string &argument) {
  constexpr size_t kShown = 4;
  std::vector<std::string_view> lacking;
  size_t matches = 0;
  for (const Unit &unit : analysis.units)
    if (unit.probe == &probe) {
      matches += unit.targets.size();
      if (unit.context.args && unit.context.args->layout && !unit.context.args->layout->find(argument))
        for (const image::Target &target : unit.targets)
          lacking.push_back(target.name);
    }
  if (lacking.size() == 1)
    return fmt::format("{} has", lacking.front());
  size_t shown = std::min(lacking.size(), kShown);
  std::string names =
      fmt::format("{}", fmt::join(lacking.begin(), lacking.begin() + static_cast<ptrdiff_t>(shown), ", "));
  std::string more = lacking.size() > shown ? fmt::format(" and {} more", lacking.size() - shown) : "";
  return fmt::format("{}{} of {} matches have", names, more, matches);
}

}  // namespace

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
  error(access.field_where,
        fmt::format("{} no argument '{}'", who_lack(analysis_, *unit_->probe, access.field), access.field))
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

}  // namespace sonde::sema
