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

}  // namespace

std::string shape_of(const Field &field) {
  std::string type = to_string(field.type);
  return field.bit_width ? fmt::format("{} bits of {}", field.bit_width, type) : type;
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

std::optional<Field> find_field(const std::string &type, const std::string &way, Kernel &kernel) {
  auto found = kernel.type(type);
  if (!found || !*found)
    return std::nullopt;
  std::shared_ptr<const StructLayout> layout = (**found).layout;
  Field result;
  for (std::string_view name : split(way, '.')) {
    const Field *step = layout ? layout->find(std::string(name)) : nullptr;
    if (!step)
      return std::nullopt;
    uint32_t before = result.offset;
    result = *step;
    result.offset += before;
    layout = result.type.layout;
    if (!layout && result.type.kind == TypeKind::Struct)
      if (auto named = kernel.type(result.type.name); named && *named)
        layout = (**named).layout;
  }
  return result;
}

}  // namespace sonde::kernel
