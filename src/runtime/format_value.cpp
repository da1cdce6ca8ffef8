// One function per kind of value.
#include "runtime/format_value.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "runtime/format_names.h"
#include "types/record.h"

namespace sonde::runtime {
namespace {

template <typename T> T load(const uint8_t *bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename T> void append_number(std::string &out, T value) {
  fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void append_integer(std::string &out, const Type &type, const uint8_t *bytes) {
  int64_t value = load_integer(type, bytes);
  type.is_signed ? append_number(out, value) : append_number(out, static_cast<uint64_t>(value));
}

void append_string(std::string &out, const Type &type, const uint8_t *bytes, const Surroundings &around) {
  std::string_view text = load_bytes(type, bytes);
  out += text;
  // str() reads at most max_strlen bytes: a text of that length was cut.
  if (text.size() >= around.image.config.max_strlen)
    out += around.image.config.str_trunc_trailer;
}

bool is_text(const Type &type) {
  return type.element && type.element->is_integer() && type.element->size == 1 && type.element->is_signed;
}

void append_array(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  if (is_text(type)) {
    const char *text = reinterpret_cast<const char *>(bytes);
    out.append(text, strnlen(text, type.size));
    return;
  }
  out += '[';
  for (uint32_t i = 0; i < type.count; ++i) {
    if (i > 0)
      out += ',';
    append_value(out, *type.element, bytes + size_t{i} * type.element->size, around);
  }
  out += ']';
}

void append_bitfield(std::string &out, const Field &field, const uint8_t *bytes) {
  Type whole = field.type;
  uint64_t unit = static_cast<uint64_t>(load_integer(whole, bytes));
  uint64_t shifted = unit << (64 - field.bit_offset - field.bit_width);
  int64_t value = whole.is_signed ? static_cast<int64_t>(shifted) >> (64 - field.bit_width)
                                  : static_cast<int64_t>(shifted >> (64 - field.bit_width));
  append_number(out, value);
}

bool is_bitfield(const Field &field) {
  return field.bit_width > 0 && field.bit_offset + field.bit_width <= 64 && field.type.is_scalar();
}

void append_struct(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  out += "{ ";
  const char *separator = "";
  for (const Field &field : type.layout ? type.layout->fields : std::vector<Field>()) {
    out += separator;
    separator = ", ";
    if (!field.name.empty())
      out += "." + field.name + " = ";
    append_field(out, field, bytes, around);
  }
  out += " }";
}

void append_elements(std::string &out, const Type &tuple, const uint8_t *bytes, Surroundings &around) {
  const char *separator = "";
  for (const Field &field : tuple.layout->fields) {
    out += separator;
    separator = ", ";
    append_value(out, field.type, bytes + field.offset, around);
  }
}

void append_enum(std::string &out, const Type &type, const uint8_t *bytes) {
  int64_t value = load_integer(type, bytes);
  if (type.enumerators)
    for (const Enumerator &enumerator : *type.enumerators)
      if (enumerator.value == value) {
        out += enumerator.name;
        return;
      }
  append_integer(out, type, bytes);
}

void append_address(std::string &out, uint64_t address) { fmt::format_to(std::back_inserter(out), "{:#x}", address); }

void append_symbol(std::string &out, const std::string &name, uint64_t address) {
  if (!name.empty())
    out += name;
  else if (address == 0)
    out += '0';
  else
    append_address(out, address);
}

void append_probe_name(std::string &out, const uint8_t *bytes, const Surroundings &around) {
  uint64_t index = load<uint64_t>(bytes);
  if (index < around.image.probe_names.size())
    out += around.image.probe_names[index];
}

// { total, count } → the average, and for stats all three.
void append_average(std::string &out, const Type &type, const uint8_t *bytes) {
  int64_t total = load<int64_t>(bytes);
  uint64_t count = load<uint64_t>(bytes + 8);
  Type number = Type::integer(64, type.is_signed);
  int64_t average = 0;
  if (count > 0)
    average = type.is_signed ? total / static_cast<int64_t>(count)
                             : static_cast<int64_t>(static_cast<uint64_t>(total) / count);
  auto append = [&](int64_t value) { append_integer(out, number, reinterpret_cast<const uint8_t *>(&value)); };
  if (type.kind == TypeKind::Avg)
    return append(average);
  out += "{ .count = ";
  append_number(out, count);
  out += ", .average = ";
  append(average);
  out += ", .total = ";
  append(total);
  out += " }";
}

}  // namespace

void append_field(std::string &out, const Field &field, const uint8_t *bytes, Surroundings &around) {
  if (is_bitfield(field))
    append_bitfield(out, field, bytes + field.offset);
  else
    append_value(out, field.type, bytes + field.offset, around);
}

int64_t load_integer(const Type &type, const uint8_t *bytes) {
  switch (type.size) {
  case 1: return type.is_signed ? load<int8_t>(bytes) : load<uint8_t>(bytes);
  case 2: return type.is_signed ? load<int16_t>(bytes) : load<uint16_t>(bytes);
  case 4: return type.is_signed ? load<int32_t>(bytes) : static_cast<int64_t>(load<uint32_t>(bytes));
  case 0: return 0;
  default: return type.size >= 8 ? load<int64_t>(bytes) : 0;
  }
}

std::string_view load_bytes(const Type &type, const uint8_t *bytes) {
  if (type.kind == TypeKind::Buffer) {
    uint32_t length = std::min(load<uint32_t>(bytes), type.size - 4);
    return {reinterpret_cast<const char *>(bytes) + 4, length};
  }
  const char *text = reinterpret_cast<const char *>(bytes);
  return {text, strnlen(text, type.size)};
}

void append_escaped(std::string &out, std::string_view bytes) {
  for (unsigned char byte : bytes) {
    if (byte >= 0x20 && byte < 0x7f)
      out += static_cast<char>(byte);
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
  }
}

void append_value(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  switch (type.kind) {
  case TypeKind::None: return;
  case TypeKind::Bool: out += bytes[0] ? "true" : "false"; return;
  case TypeKind::Integer: return append_integer(out, type, bytes);
  case TypeKind::String: return append_string(out, type, bytes, around);
  case TypeKind::Buffer: return append_escaped(out, load_bytes(type, bytes));
  case TypeKind::Pointer: return append_address(out, load<uint64_t>(bytes));
  case TypeKind::Array: return append_array(out, type, bytes, around);
  case TypeKind::Struct: return append_struct(out, type, bytes, around);
  case TypeKind::Tuple:
    if (is_record(type))
      return append_struct(out, type, bytes, around);
    out += '(';
    append_elements(out, type, bytes, around);
    out += ')';
    return;
  case TypeKind::Enum: return append_enum(out, type, bytes);
  case TypeKind::Count: return append_number(out, load<uint64_t>(bytes));
  case TypeKind::Sum:
  case TypeKind::Min:
  case TypeKind::Max: return append_integer(out, Type::integer(64, type.is_signed), bytes);
  case TypeKind::Avg:
  case TypeKind::Stats: return append_average(out, type, bytes);
  case TypeKind::Hist:
  case TypeKind::Lhist:
  case TypeKind::Series: return;  // not values of one line: print_map.h's append_chart()
  case TypeKind::Timestamp: return append_time(out, type.name, around.clock.boot_epoch_ns + load<int64_t>(bytes));
  case TypeKind::KernelSymbol: {
    uint64_t address = load<uint64_t>(bytes);
    return append_symbol(out, around.symbols.kernel(address).name, address);
  }
  case TypeKind::UserSymbol: {
    uint64_t address = load<uint64_t>(bytes);
    return append_symbol(out, around.symbols.user(address, load<uint32_t>(bytes + 8)).name, address);
  }
  case TypeKind::ProbeName: return append_probe_name(out, bytes, around);
  case TypeKind::ErrorName: return append_error_name(out, load<int64_t>(bytes));
  case TypeKind::SignalName: return append_signal_name(out, load<int64_t>(bytes));
  case TypeKind::SyscallName: return append_syscall_name(out, load<int64_t>(bytes));
  case TypeKind::UserName: return append_user_name(out, load<int64_t>(bytes));
  case TypeKind::CgroupPath: return append_cgroup_paths(out, load<uint64_t>(bytes), type.name);
  case TypeKind::Inet: return append_inet(out, bytes);
  case TypeKind::MacAddress: return append_mac_address(out, bytes);
  case TypeKind::KernelStack:
  case TypeKind::UserStack: return append_stack(out, type, load<uint64_t>(bytes), around);
  }
}

void append_key(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  if (type.kind == TypeKind::Tuple && !is_record(type))
    append_elements(out, type, bytes, around);
  else
    append_value(out, type, bytes, around);
}

}  // namespace sonde::runtime
