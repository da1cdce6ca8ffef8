// Folds keys with stacks into lines.
#include "runtime/format_folded.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace sonde::runtime {
namespace {

bool is_stack(const Type &type) { return type.kind == TypeKind::KernelStack || type.kind == TypeKind::UserStack; }

// The parts of a key in the order of a line: labels, user frames, kernel frames.
size_t place_in_line(const Type &type) {
  return type.kind == TypeKind::KernelStack ? 2 : type.kind == TypeKind::UserStack ? 1 : 0;
}

using Part = std::function<void(const Type &, const uint8_t *)>;

void for_each_part(const Type &key, const uint8_t *bytes, const Part &use) {
  if (key.kind != TypeKind::Tuple)
    return use(key, bytes);
  for (const Field &field : key.layout->fields)
    for_each_part(field.type, bytes + field.offset, use);
}

bool has_stack(const Type &key) {
  if (key.kind != TypeKind::Tuple)
    return is_stack(key);
  return std::any_of(key.layout->fields.begin(), key.layout->fields.end(),
                     [](const Field &field) { return has_stack(field.type); });
}

// Semicolons part frames and lines part stacks, so they cannot be in a name.
void append_name(std::string &line, std::string name) {
  std::replace(name.begin(), name.end(), ';', ':');
  std::replace(name.begin(), name.end(), '\n', ' ');
  (line += line.empty() ? "" : ";") += name;
}

void append_frames(std::string &line, const Type &type, const uint8_t *bytes, Surroundings &around) {
  auto value = static_cast<uint64_t>(load_integer(Type::uint64(), bytes));
  auto pid = static_cast<uint32_t>(value >> 32);
  std::vector<Frame> frames = around.stacks.frames(type, value);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    Symbol symbol = type.kind == TypeKind::KernelStack ? around.symbols.kernel(frame->address)
                                                       : around.symbols.user(frame->address, pid);
    append_name(line, symbol.name.empty() ? fmt::format("{:#x}", frame->address) : symbol.name);
  }
}

}  // namespace

bool can_fold(const image::MapSpec &map) {
  TypeKind kind = map.value.kind;
  bool is_number = map.value.is_integer() || kind == TypeKind::Count || kind == TypeKind::Sum;
  return is_number && has_stack(map.key);
}

void append_folded(std::string &out, const image::MapSpec &map, const MapEntries &entries, Surroundings &around) {
  for (size_t i = 0; i < entries.count; ++i) {
    std::string line;
    for (size_t place = 0; place < 3; ++place)
      for_each_part(map.key, entries.key(i), [&](const Type &type, const uint8_t *bytes) {
        if (place_in_line(type) != place)
          return;
        if (is_stack(type))
          return append_frames(line, type, bytes, around);
        std::string label;
        append_value(label, type, bytes, around);
        append_name(line, label);
      });
    line += ' ';
    append_value(line, map.value, entries.value(i), around);
    out += line + '\n';
  }
}

}  // namespace sonde::runtime
