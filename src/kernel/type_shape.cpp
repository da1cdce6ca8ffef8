#include "kernel/type_shape.h"

#include <fmt/format.h>

#include <set>

#include "base/text.h"

namespace sonde::kernel {
namespace {

void describe(const Type &type, Kernel &kernel, std::set<std::string> &seen, std::string &out);

void describe_layout(const StructLayout &layout, Kernel &kernel, std::set<std::string> &seen, std::string &out) {
  out += fmt::format("{{{}{} ", layout.is_union ? "union " : "", layout.size);
  for (const Field &field : layout.fields) {
    out += fmt::format("{} {}:{} {}@{};", field.name, shape_of(field), field.type.size, field.bit_offset, field.offset);
    describe(field.type, kernel, seen, out);
  }
  out += '}';
}

// Only what lies inside: where pointers lead does not matter.
void describe(const Type &type, Kernel &kernel, std::set<std::string> &seen, std::string &out) {
  if (type.kind == TypeKind::Array && type.element)
    describe(*type.element, kernel, seen, out);
  if (type.kind != TypeKind::Struct)
    return;
  if (type.layout) {
    describe_layout(*type.layout, kernel, seen, out);
  } else if (seen.insert(type.name).second) {
    auto found = kernel.type(type.name);
    if (found && *found && (**found).layout)
      describe_layout(*(**found).layout, kernel, seen, out);
  }
}

uint64_t fnv1a(const std::string &text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

// As the kernel names what flavours stand for.
Type without_flavours(Type type) {
  if (type.element)
    type.element = std::make_shared<const Type>(without_flavours(*type.element));
  if (type.kind == TypeKind::Struct && !type.name.empty())
    type.name = without_flavour(type.name);
  return type;
}

}  // namespace

std::string shape_of(const Field &field) {
  std::string type = to_string(without_flavours(field.type));
  return field.bit_width ? fmt::format("{} bits of {}", field.bit_width, type) : type;
}

// X___Y, with no more underscores around; the last one in the name.
std::string_view without_flavour(std::string_view name) {
  constexpr std::string_view kSeparator = "___";
  for (size_t at = name.rfind(kSeparator); at != std::string_view::npos && at > 0; at = name.rfind(kSeparator, at - 1))
    if (name[at - 1] != '_' && at + kSeparator.size() < name.size() && name[at + kSeparator.size()] != '_')
      return name.substr(0, at);
  return name;
}

std::string record_type(const std::string &event) { return "trace_event_raw_" + event; }

Field record_member(Field field) {
  if (field.is_data_loc) {
    field.name = "__data_loc_" + field.name;
    field.type = Type::integer(32, false);
  }
  return field;
}

std::optional<std::string> layout_of(const std::string &type, Kernel &kernel) {
  auto found = kernel.type(type);
  if (!found || !*found)
    return std::nullopt;
  std::string text;
  std::set<std::string> seen{type};
  if ((**found).layout)
    describe_layout(*(**found).layout, kernel, seen, text);
  return fmt::format("{} bytes, {:016x}", (**found).size, fnv1a(text));
}

std::optional<std::vector<Field>> find_way(const std::string &type, const std::string &way, Kernel &kernel) {
  auto found = kernel.type(type);
  if (!found || !*found)
    return std::nullopt;
  std::shared_ptr<const StructLayout> layout = (**found).layout;
  std::vector<Field> steps;
  for (std::string_view name : split(way, '.')) {
    const Field *step = layout ? layout->find(std::string(name)) : nullptr;
    if (!step)
      return std::nullopt;
    steps.push_back(*step);
    layout = step->type.layout;
    if (!layout && step->type.kind == TypeKind::Struct)
      if (auto named = kernel.type(step->type.name); named && *named)
        layout = (**named).layout;
  }
  return steps;
}

std::optional<Field> find_field(const std::string &type, const std::string &way, Kernel &kernel) {
  auto steps = find_way(type, way, kernel);
  if (!steps)
    return std::nullopt;
  Field result = steps->back();
  for (size_t i = 0; i + 1 < steps->size(); ++i)
    result.offset += (*steps)[i].offset;
  return result;
}

bool has_type(const std::string &type, Kernel &kernel) {
  auto found = kernel.type(type);
  if (!found || !*found)
    return false;
  if (type.starts_with("enum "))
    return (**found).kind == TypeKind::Enum;
  if (type.starts_with("typedef "))
    return true;
  return (**found).layout && (**found).layout->is_union == type.starts_with("union ");
}

bool has_function(const std::string &name, Kernel &kernel) {
  auto described = kernel.function_prototype({name, {}});
  return (described && *described) || kernel.symbol_address(name);
}

}  // namespace sonde::kernel
