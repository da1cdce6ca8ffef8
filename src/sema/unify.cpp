// How types of several writers of one place become one type.
#include "sema/unify.h"

#include <algorithm>
#include <string_view>

#include "sema/arithmetic.h"
#include "types/record.h"

namespace sonde::sema {
namespace {

bool is_number(const Type &type) {
  return type.is_integer() || type.kind == TypeKind::Bool || type.kind == TypeKind::Enum;
}

Type unify_numbers(const Type &a, const Type &b) {
  if (a == b)
    return a;
  if (a.kind == TypeKind::Bool || b.kind == TypeKind::Bool)
    return Type::integer(8 * std::max(a.size, b.size), a.is_signed || b.is_signed);
  if (a.is_signed == b.is_signed)
    return Type::integer(8 * std::max(a.size, b.size), a.is_signed);
  const Type &is_signed = a.is_signed ? a : b, &is_unsigned = a.is_signed ? b : a;
  return is_signed.size > is_unsigned.size ? Type::integer(8 * is_signed.size, true) : Type::int64();
}

std::optional<Type> unify_tuples(const Type &a, const Type &b) {
  if (a.layout->fields.size() != b.layout->fields.size() || is_record(a) != is_record(b))
    return std::nullopt;
  std::vector<Type> elements;
  for (const Field &field : a.layout->fields) {
    // Fields of records are found by name, whatever their order.
    const Field *other = b.layout->find(field.name);
    auto element = other ? unify(field.type, other->type) : std::nullopt;
    if (!element)
      return std::nullopt;
    elements.push_back(std::move(*element));
  }
  return record_type(std::move(elements), record_names(a));
}

// Aggregations of one kind and shape; sums and extremes are signed if one of them is.
std::optional<Type> unify_aggregates(const Type &a, const Type &b) {
  bool has_shape = a.kind == TypeKind::Hist || a.kind == TypeKind::Lhist;
  if (has_shape)
    return a == b ? std::optional(a) : std::nullopt;
  if (a.series != b.series)
    return std::nullopt;
  return a.is_signed ? a : b;
}

// A literal or what was computed from literals: it takes the type of the place it is put in.
bool adapts(const ExprInfo &info) { return info.type == Type::int64() && is_natural_constant(info); }

bool fits(uint64_t constant, const Type &type) {
  return normalized(constant, type) == constant && (!type.is_signed || static_cast<int64_t>(constant) >= 0);
}

// A slot of integers and one more.
Type merged_integer(Slot &slot, const Type &incoming, const ExprInfo &info) {
  if (adapts(info) && (slot.takes_any_integer || fits(*info.constant, slot.type)))
    return slot.type;
  if (adapts(info))
    return Type::integer(64, slot.type.is_signed);
  if (slot.takes_any_integer) {
    slot.takes_any_integer = false;
    return Type::integer(64, incoming.is_signed);
  }
  return unify_numbers(slot.type, incoming);
}

}  // namespace

std::optional<Type> unify(const Type &a, const Type &b) {
  if (a.is_none() || b.is_none())
    return a.is_none() ? b : a;
  if (is_number(a) && is_number(b))
    return unify_numbers(a, b);
  if (a.kind != b.kind)
    return std::nullopt;
  if (a.is_string() || a.kind == TypeKind::Buffer)
    return a.size >= b.size ? a : b;
  if (a.kind == TypeKind::Tuple)
    return unify_tuples(a, b);
  if (a.is_aggregate())
    return unify_aggregates(a, b);
  return a == b ? std::optional(a) : std::nullopt;
}

bool is_char_array(const Type &type) {
  return type.kind == TypeKind::Array && type.element->is_integer() && type.element->size == 1 &&
         type.element->is_signed;
}

bool is_text(const Type &type) { return type.is_string() || is_char_array(type); }

Type stored_type(const Type &type) {
  // One byte more: an array may be full and without a NUL.
  return is_char_array(type) ? Type::string(type.count + 1) : type;
}

Type widened(const Type &type) {
  if (type.is_integer())
    return Type::integer(64, type.is_signed);
  if (type.kind != TypeKind::Tuple)
    return type;
  std::vector<Type> elements;
  for (const Field &field : type.layout->fields)
    elements.push_back(widened(field.type));
  return record_type(std::move(elements), record_names(type));
}

Type readable_type(const Type &type) {
  switch (type.kind) {
  case TypeKind::Count: return Type::uint64();
  case TypeKind::Sum:
  case TypeKind::Min:
  case TypeKind::Max:
  case TypeKind::Avg: return Type::integer(64, type.is_signed);
  case TypeKind::Stats:
  case TypeKind::Hist:
  case TypeKind::Lhist:
  case TypeKind::Series: return Type::none();
  default: return type;
  }
}

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

std::string a_type(const Type &type) {
  std::string text = to_string(type);
  if (type.kind == TypeKind::Tuple)
    return (is_record(type) ? "a record " : "a tuple ") + text;
  bool vowel = std::string_view("aeio").find(text.front()) != std::string_view::npos;
  return (vowel ? "an " : "a ") + text;
}

Merge merge(Slot &slot, const Type &incoming, const ExprInfo &info, Location where) {
  if (incoming.is_none())
    return Merge::Same;
  if (slot.type.is_none()) {
    slot.type = incoming;
    slot.first = where;
    slot.takes_any_integer = incoming.is_integer() && adapts(info);
    return Merge::Changed;
  }
  std::optional<Type> type;
  if (slot.type.is_integer() && incoming.is_integer() && !slot.is_declared)
    type = merged_integer(slot, incoming, info);
  else
    type = unify(slot.type, incoming);
  if (!type)
    return Merge::Mismatch;
  if (slot.is_declared || *type == slot.type)
    return Merge::Same;
  slot.type = std::move(*type);
  return Merge::Changed;
}

}  // namespace sonde::sema
