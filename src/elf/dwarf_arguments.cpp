// Applies the C calling convention: on x86-64 the psABI's section 3.2.3, on arm64 AAPCS64's section 6.8.2.
#include "elf/dwarf_arguments.h"

#include <dwarf.h>

#include <algorithm>

namespace sonde::elf {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kRegisters = 6;
constexpr bool kResultTakesRegister = true;  // the address of a large result is the first argument
constexpr bool kLargeOnStack = true;         // a large struct, rather than its address in a register
#else
constexpr uint32_t kRegisters = 8;
constexpr bool kResultTakesRegister = false;
constexpr bool kLargeOnStack = false;
#endif
constexpr uint32_t kVectorRegisters = 8;
constexpr uint64_t kWord = 8, kMostInRegisters = 16;

uint64_t size_of(Dwarf_Die *type) {
  Dwarf_Word size = 0;
  return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

bool is_struct(int tag) { return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type; }

bool is_float(Dwarf_Die *type) {
  Dwarf_Attribute attribute;
  Dwarf_Word encoding = 0;
  return dwarf_tag(type) == DW_TAG_base_type &&
         dwarf_formudata(dwarf_attr(type, DW_AT_encoding, &attribute), &encoding) == 0 &&
         (encoding == DW_ATE_float || encoding == DW_ATE_complex_float);
}

// C++ passes and returns objects that are more than their bytes by address.
bool is_by_reference(Dwarf_Die *type) {
  Dwarf_Attribute attribute;
  Dwarf_Word convention = 0;
  return dwarf_formudata(dwarf_attr(type, DW_AT_calling_convention, &attribute), &convention) == 0 &&
         convention == DW_CC_pass_by_reference;
}

// Which of the words of a value hold integers, which only floating point.
struct Words {
  bool has_integer[2] = {false, false};
};

void find_words(Dwarf_Die *type, uint64_t offset, int depth, Words &words) {
  Dwarf_Die element = *type;
  if (dwarf_tag(type) == DW_TAG_array_type)
    if (auto found = peeled_type_of(type))
      element = *found;
  if (!is_struct(dwarf_tag(&element))) {
    uint64_t last = offset + std::max<uint64_t>(size_of(type), 1) - 1;
    for (uint64_t word = offset / kWord; word <= last / kWord && word < 2; ++word)
      words.has_integer[word] |= !is_float(&element);
    return;
  }
  Dwarf_Die member;
  for (int status = dwarf_child(&element, &member); status == 0 && depth < 8;
       status = dwarf_siblingof(&member, &member)) {
    if (dwarf_tag(&member) != DW_TAG_member && dwarf_tag(&member) != DW_TAG_inheritance)
      continue;
    Dwarf_Attribute attribute;
    Dwarf_Word at = 0;
    dwarf_formudata(dwarf_attr(&member, DW_AT_data_member_location, &attribute), &at);
    if (auto of_member = peeled_type_of(&member))
      find_words(&*of_member, offset + at, depth + 1, words);
  }
}

class Assigner {
public:
  explicit Assigner(DwarfTypes &types) : types_(types) {}

  void skip_result(Dwarf_Die *function) {
    auto result = peeled_type_of(function);
    if (kResultTakesRegister && result && is_struct(dwarf_tag(&*result)) &&
        (is_by_reference(&*result) || size_of(&*result) > kMostInRegisters))
      ++registers_;
  }

  Parameter assign(Dwarf_Die *declaration);

private:
  void take_registers(Parameter &parameter, uint32_t count);
  void take_stack(Parameter &parameter, uint64_t size);
  void assign_struct(Parameter &parameter, Dwarf_Die *type);

  DwarfTypes &types_;
  uint32_t registers_ = 0, vector_registers_ = 0, stack_words_ = 0;
};

// All of a value is in registers, or none of it.
void Assigner::take_registers(Parameter &parameter, uint32_t count) {
  if (registers_ + count > kRegisters)
    return take_stack(parameter, count * kWord);
  parameter.first = registers_;
  registers_ += count;
}

void Assigner::take_stack(Parameter &parameter, uint64_t size) {
  parameter.is_on_stack = true;
  parameter.first = stack_words_;
  stack_words_ += static_cast<uint32_t>((size + kWord - 1) / kWord);
}

void Assigner::assign_struct(Parameter &parameter, Dwarf_Die *type) {
  uint64_t size = size_of(type);
  bool is_large = size > kMostInRegisters;
  if (is_by_reference(type) || (is_large && !kLargeOnStack)) {
    parameter.type = Type::pointer(parameter.type, AddressSpace::User);
    return take_registers(parameter, 1);
  }
  if (is_large)
    return take_stack(parameter, size);
  Words words;
  find_words(type, 0, 0, words);
  auto count = static_cast<uint32_t>((size + kWord - 1) / kWord);
  auto integers = static_cast<uint32_t>(words.has_integer[0]) + static_cast<uint32_t>(words.has_integer[1]);
  if (integers < count) {
    parameter.type = Type::none();
    vector_registers_ += count - integers;
  }
  if (integers > 0)
    take_registers(parameter, integers);
}

Parameter Assigner::assign(Dwarf_Die *declaration) {
  Parameter parameter;
  const char *name = dwarf_diename(declaration);
  parameter.name = name ? name : "";
  parameter.type = types_.type_of(declaration);
  auto type = peeled_type_of(declaration);
  const char *type_name = type ? dwarf_diename(&*type) : nullptr;
  parameter.declaration = parameter.type.is_none() ? (type_name ? type_name : "?") : to_string(parameter.type);
  parameter.declaration += " " + parameter.name;
  if (!type)
    return parameter;
  uint64_t size = size_of(&*type);
  if (is_struct(dwarf_tag(&*type)))
    assign_struct(parameter, &*type);
  else if (is_float(&*type) && (size > kWord || vector_registers_ >= kVectorRegisters))
    take_stack(parameter, size);
  else if (is_float(&*type))
    ++vector_registers_;
  else
    take_registers(parameter, size > kWord ? 2 : 1);
  return parameter;
}

}  // namespace

FunctionArguments arguments_of(Dwarf_Die *function, DwarfTypes &types) {
  FunctionArguments arguments;
  Assigner assigner(types);
  assigner.skip_result(function);
  Dwarf_Die child;
  for (int status = dwarf_child(function, &child); status == 0; status = dwarf_siblingof(&child, &child))
    if (dwarf_tag(&child) == DW_TAG_formal_parameter)
      arguments.parameters.push_back(assigner.assign(&child));
  return arguments;
}

}  // namespace sonde::elf
