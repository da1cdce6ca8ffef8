// Converts DWARF's description of types (dwarfstd.org, version 5, chapter 5) to ours.
#include "elf/dwarf_types.h"

#include <dwarf.h>

#include <algorithm>
#include <vector>

namespace sonde::elf {
namespace {

constexpr int kDeepest = 16;  // of types within types: damaged information may go around in circles

std::optional<uint64_t> number(Dwarf_Die *die, unsigned what) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_formudata(dwarf_attr_integrate(die, what, &attribute), &value) != 0)
    return std::nullopt;
  return value;
}

bool has_flag(Dwarf_Die *die, unsigned what) {
  Dwarf_Attribute attribute;
  bool flag = false;
  return dwarf_formflag(dwarf_attr_integrate(die, what, &attribute), &flag) == 0 && flag;
}

std::optional<Dwarf_Die> direct_type_of(Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (!dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &type))
    return std::nullopt;
  return type;
}

bool is_qualifier(int tag) {
  switch (tag) {
  case DW_TAG_typedef:
  case DW_TAG_const_type:
  case DW_TAG_volatile_type:
  case DW_TAG_restrict_type:
  case DW_TAG_atomic_type: return true;
  default: return false;
  }
}

template <typename Visit> void for_each_child(Dwarf_Die *parent, int tag, Visit visit) {
  Dwarf_Die child;
  for (int status = dwarf_child(parent, &child); status == 0; status = dwarf_siblingof(&child, &child))
    if (dwarf_tag(&child) == tag)
      visit(&child);
}

uint32_t size_of(Dwarf_Die *type) { return static_cast<uint32_t>(number(type, DW_AT_byte_size).value_or(0)); }

// DW_AT_bit_offset counts from the other end of the storage unit.
void set_bits(Dwarf_Die *member, uint64_t byte_offset, Field &field) {
  auto width = number(member, DW_AT_bit_size);
  uint32_t unit = std::max(field.type.size, 1u) * 8;
  if (!width || *width == 0 || *width > unit)
    return;
  uint64_t first = byte_offset * 8;
  if (auto bits = number(member, DW_AT_data_bit_offset))
    first = *bits;
  else if (auto from_top = number(member, DW_AT_bit_offset))
    first += unit - *from_top - *width;
  field.offset = static_cast<uint32_t>(first / unit * (unit / 8));
  field.bit_offset = static_cast<uint32_t>(first % unit);
  field.bit_width = static_cast<uint32_t>(*width);
}

}  // namespace

std::optional<Dwarf_Die> peeled_type_of(Dwarf_Die *die) {
  auto type = direct_type_of(die);
  for (int depth = 0; type && is_qualifier(dwarf_tag(&*type)) && depth < kDeepest; ++depth)
    type = direct_type_of(&*type);
  return type;
}

Type DwarfTypes::type_of(Dwarf_Die *declaration) { return convert_type_of(declaration, 0); }

// A struct without a name of its own goes by the typedef's: typedef struct { … } point.
Type DwarfTypes::convert_type_of(Dwarf_Die *declaration, int depth) {
  const char *typedef_name = nullptr;
  auto type = direct_type_of(declaration);
  for (; type && is_qualifier(dwarf_tag(&*type)) && depth < kDeepest; ++depth) {
    if (dwarf_tag(&*type) == DW_TAG_typedef)
      typedef_name = dwarf_diename(&*type);
    type = direct_type_of(&*type);
  }
  return type && depth < kDeepest ? convert(&*type, typedef_name, depth) : Type::none();
}

Type DwarfTypes::convert(Dwarf_Die *type, const char *typedef_name, int depth) {
  switch (dwarf_tag(type)) {
  case DW_TAG_base_type: return convert_base(type);
  case DW_TAG_pointer_type:
  case DW_TAG_reference_type:
  case DW_TAG_rvalue_reference_type: return Type::pointer(convert_type_of(type, depth + 1), AddressSpace::User);
  case DW_TAG_structure_type:
  case DW_TAG_class_type:
  case DW_TAG_union_type: return convert_struct(type, typedef_name, depth);
  case DW_TAG_enumeration_type: return convert_enum(type, typedef_name);
  case DW_TAG_array_type: return convert_array(type, depth);
  default: return Type::none();
  }
}

Type DwarfTypes::convert_base(Dwarf_Die *type) const {
  uint32_t size = size_of(type);
  if (size != 1 && size != 2 && size != 4 && size != 8)
    return Type::none();
  switch (number(type, DW_AT_encoding).value_or(0)) {
  case DW_ATE_boolean: return size == 1 ? Type::boolean() : Type::integer(size * 8, false);
  case DW_ATE_signed:
  case DW_ATE_signed_char: return Type::integer(size * 8, true);
  case DW_ATE_unsigned:
  case DW_ATE_unsigned_char:
  case DW_ATE_UTF:
  case DW_ATE_address: return Type::integer(size * 8, false);
  default: return Type::none();
  }
}

Type DwarfTypes::convert_struct(Dwarf_Die *type, const char *typedef_name, int depth) {
  const char *own = dwarf_diename(type);
  const char *name = own ? own : typedef_name;
  if (!name)
    return lay_out(type, {}, depth);
  // A declaration without a body gives way to one with.
  auto [known, is_new] = named_.emplace(name, *type);
  if (!is_new && has_flag(&known->second, DW_AT_declaration))
    known->second = *type;
  Type named = Type::structure(name);
  named.size = size_of(&known->second);
  return named;
}

Type DwarfTypes::convert_enum(Dwarf_Die *type, const char *typedef_name) const {
  std::vector<Enumerator> enumerators;
  for_each_child(type, DW_TAG_enumerator, [&](Dwarf_Die *child) {
    Dwarf_Attribute attribute;
    Dwarf_Sword value = 0;
    const char *name = dwarf_diename(child);
    if (name && dwarf_formsdata(dwarf_attr(child, DW_AT_const_value, &attribute), &value) == 0)
      enumerators.push_back({name, value});
  });
  bool is_signed = std::any_of(enumerators.begin(), enumerators.end(), [](const Enumerator &e) { return e.value < 0; });
  const char *name = dwarf_diename(type) ? dwarf_diename(type) : typedef_name;
  uint32_t size = size_of(type);
  return Type::enumeration(name ? name : "", (size ? size : 4) * 8, is_signed, std::move(enumerators));
}

Type DwarfTypes::convert_array(Dwarf_Die *type, int depth) {
  std::vector<uint32_t> counts;
  for_each_child(type, DW_TAG_subrange_type, [&](Dwarf_Die *range) {
    auto count = number(range, DW_AT_count), last = number(range, DW_AT_upper_bound);
    counts.push_back(static_cast<uint32_t>(count ? *count : last ? *last + 1 : 0));
  });
  Type array = convert_type_of(type, depth + 1);
  if (array.is_none())
    return array;
  for (auto count = counts.rbegin(); count != counts.rend(); ++count)
    array = Type::array(std::move(array), *count);
  return array;
}

Type DwarfTypes::lay_out(Dwarf_Die *type, const std::string &name, int depth) {
  auto layout = std::make_shared<StructLayout>();
  layout->name = name;
  layout->size = size_of(type);
  layout->is_union = dwarf_tag(type) == DW_TAG_union_type;
  auto add = [&](Dwarf_Die *member) {
    if (auto field = convert_member(member, depth + 1))
      layout->fields.push_back(std::move(*field));
  };
  // The fields of a base class are found as those of an anonymous member are.
  for_each_child(type, DW_TAG_inheritance, add);
  for_each_child(type, DW_TAG_member, add);
  return Type::structure(name, layout);
}

std::optional<Field> DwarfTypes::convert_member(Dwarf_Die *member, int depth) {
  if (has_flag(member, DW_AT_external) || has_flag(member, DW_AT_declaration))
    return std::nullopt;  // static
  Field field;
  const char *name = dwarf_diename(member);
  field.name = name ? name : "";
  field.type = convert_type_of(member, depth);
  // What is looked into must have its layout.
  if (!name && field.type.kind == TypeKind::Struct && !field.type.layout && depth < kDeepest)
    if (auto whole = type(field.type.name))
      field.type = std::move(*whole);
  if (field.type.is_none() || (field.name.empty() && !field.type.layout))
    return std::nullopt;
  uint64_t offset = number(member, DW_AT_data_member_location).value_or(0);
  field.offset = static_cast<uint32_t>(offset);
  set_bits(member, offset, field);
  return field;
}

std::optional<Type> DwarfTypes::type(const std::string &name) {
  auto known = named_.find(name);
  if (known == named_.end())
    return std::nullopt;
  if (has_flag(&known->second, DW_AT_declaration))
    return Type::structure(name);
  auto done = laid_out_.find(name);
  if (done == laid_out_.end()) {
    Dwarf_Die die = known->second;
    done = laid_out_.emplace(name, lay_out(&die, name, 0)).first;
  }
  return done->second;
}

}  // namespace sonde::elf
