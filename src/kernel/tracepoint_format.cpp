// Parses lines such as
//
//   field:const char * filename;<TAB>offset:24;<TAB>size:8;<TAB>signed:0;
//
// of which the kernel's trace_events.c is the source. The sizes are the record's; C type names
// serve to tell pointers, arrays and characters apart and to narrow a syscall's 8-byte slots.
#include "kernel/tracepoint_format.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text.h"

namespace sonde::kernel {
namespace {

struct CInteger {
  uint32_t bits;
  bool is_signed;
};

const std::map<std::string_view, CInteger> &c_integers() {
  static const std::map<std::string_view, CInteger> table = {
      {"char", {8, true}},
      {"signed char", {8, true}},
      {"unsigned char", {8, false}},
      {"short", {16, true}},
      {"unsigned short", {16, false}},
      {"int", {32, true}},
      {"unsigned int", {32, false}},
      {"unsigned", {32, false}},
      {"long", {64, true}},
      {"unsigned long", {64, false}},
      {"long long", {64, true}},
      {"unsigned long long", {64, false}},
      {"u8", {8, false}},
      {"__u8", {8, false}},
      {"uint8_t", {8, false}},
      {"u16", {16, false}},
      {"__u16", {16, false}},
      {"uint16_t", {16, false}},
      {"u32", {32, false}},
      {"__u32", {32, false}},
      {"uint32_t", {32, false}},
      {"u64", {64, false}},
      {"__u64", {64, false}},
      {"uint64_t", {64, false}},
      {"s8", {8, true}},
      {"__s8", {8, true}},
      {"int8_t", {8, true}},
      {"s16", {16, true}},
      {"__s16", {16, true}},
      {"int16_t", {16, true}},
      {"s32", {32, true}},
      {"__s32", {32, true}},
      {"int32_t", {32, true}},
      {"s64", {64, true}},
      {"__s64", {64, true}},
      {"int64_t", {64, true}},
      {"uint", {32, false}},
      {"pid_t", {32, true}},
      {"uid_t", {32, false}},
      {"gid_t", {32, false}},
      {"qid_t", {32, false}},
      {"key_t", {32, true}},
      {"key_serial_t", {32, true}},
      {"clockid_t", {32, true}},
      {"timer_t", {32, true}},
      {"mqd_t", {32, true}},
      {"rwf_t", {32, true}},
      {"umode_t", {16, false}},
      {"size_t", {64, false}},
      {"ssize_t", {64, true}},
      {"loff_t", {64, true}},
      {"off_t", {64, true}},
      {"aio_context_t", {64, false}},
  };
  return table;
}

// One field line, taken apart.
struct FieldLine {
  std::string declaration;  // "char comm[16]"
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_signed = false;
};

std::optional<uint32_t> number_after(std::string_view line, std::string_view key) {
  size_t at = line.find(key);
  if (at == std::string_view::npos)
    return std::nullopt;
  const char *begin = line.data() + at + key.size();
  uint32_t number = 0;
  if (std::from_chars(begin, line.data() + line.size(), number).ec != std::errc())
    return std::nullopt;
  return number;
}

std::optional<FieldLine> parse_field_line(std::string_view line) {
  constexpr std::string_view kField = "field:";
  line = trim(line);
  if (!line.starts_with(kField))
    return std::nullopt;
  line.remove_prefix(kField.size());
  size_t end = line.find(';');
  auto offset = number_after(line, "offset:"), size = number_after(line, "size:");
  if (end == std::string_view::npos || !offset || !size)
    return std::nullopt;
  return FieldLine{std::string(trim(line.substr(0, end))), *offset, *size, number_after(line, "signed:") == 1u};
}

// "const char *const * x" → "char": what is left of a C type without qualifiers and stars.
std::string base_name(std::string_view type) {
  std::string name;
  std::string spaced(type);
  std::replace(spaced.begin(), spaced.end(), '*', ' ');
  for (std::string_view word : split(spaced, ' ')) {
    if (word.empty() || word == "const" || word == "volatile" || word == "struct" || word == "union" ||
        word == "enum" || word.starts_with("__user") || word.starts_with("__seg_"))
      continue;
    if (!name.empty())
      name += ' ';
    name += word;
  }
  return name;
}

bool mentions(std::string_view type, std::string_view word) {
  for (std::string_view part : split(type, ' '))
    if (part == word)
      return true;
  return false;
}

Type pointer_type(std::string_view type, AddressSpace space) {
  std::string name = base_name(type);
  Type pointee = Type::none();
  auto known = c_integers().find(name);
  if (known != c_integers().end())
    pointee = Type::integer(known->second.bits, known->second.is_signed);
  else if (name == "bool")
    pointee = Type::boolean();
  else if (mentions(type, "struct") || mentions(type, "union"))
    pointee = Type::structure(name);
  for (auto stars = std::count(type.begin(), type.end(), '*'); stars > 0; --stars)
    pointee = Type::pointer(std::move(pointee), space);
  return pointee;
}

// An integer of the declared C type, never wider than the record's field. Syscalls pass `int` in an
// 8-byte slot whose upper half is whatever the caller's register held, so only the low part counts.
Type integer_type(std::string_view type, uint32_t size, bool is_signed) {
  std::string name = base_name(type);
  if (name == "bool" && size == 1)
    return Type::boolean();
  auto known = c_integers().find(name);
  if (known != c_integers().end() && known->second.bits <= size * 8)
    return Type::integer(known->second.bits, known->second.is_signed);
  return Type::integer(size * 8, is_signed);
}

bool is_register_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

// A field that is no integer by its size: arrays, and small structs that are stored whole.
Type array_type(std::string_view type, const FieldLine &line, uint32_t count) {
  uint32_t element_size = count && line.size % count == 0 ? line.size / count : 1;
  if (!is_register_size(element_size))
    element_size = 1;
  uint32_t elements = line.size / element_size;
  if (type.find('*') != std::string_view::npos && element_size == 8)
    return Type::array(pointer_type(type, AddressSpace::Kernel), elements);
  // The kernel reports plain char as unsigned on some versions; in C it is a character all the same.
  return Type::array(integer_type(type, element_size, line.is_signed), elements);
}

// "char comm[16]" → type "char", name "comm", count 16.
struct Declaration {
  std::string type;
  std::string name;
  bool is_array = false;
  uint32_t count = 0;  // 0 where the kernel's text has an expression: the size tells
};

Declaration parse_declaration(std::string_view text) {
  Declaration declaration;
  if (size_t bracket = text.rfind('['); bracket != std::string_view::npos && text.back() == ']') {
    declaration.is_array = true;
    declaration.count = number_after(text, "[").value_or(0);
    text = trim(text.substr(0, text.find('[')));
  }
  size_t start = text.find_last_of(" *");
  size_t cut = start == std::string_view::npos ? 0 : start + 1;
  declaration.name = std::string(text.substr(cut));
  declaration.type = std::string(trim(text.substr(0, cut)));
  return declaration;
}

// "__data_loc char[] name" and "__rel_loc char[] name": a u32 that says where the data lie.
std::optional<Field> dynamic_field(const FieldLine &line) {
  constexpr std::string_view kDataLoc = "__data_loc ";
  if (!line.declaration.starts_with(kDataLoc))
    return std::nullopt;
  std::string_view rest = std::string_view(line.declaration).substr(kDataLoc.size());
  size_t bracket = rest.rfind("[]");
  if (bracket == std::string_view::npos)
    return std::nullopt;
  Field field;
  field.name = std::string(trim(rest.substr(bracket + 2)));
  std::string element(trim(rest.substr(0, bracket)));
  auto known = c_integers().find(base_name(element));
  Type pointee = known == c_integers().end() ? Type::integer(8, false)
                                             : Type::integer(known->second.bits, known->second.is_signed);
  field.type = Type::pointer(std::move(pointee), AddressSpace::Kernel);
  field.offset = line.offset;
  field.is_data_loc = true;
  return field;
}

Field make_field(const FieldLine &line, AddressSpace space) {
  if (auto dynamic = dynamic_field(line))
    return *dynamic;
  Declaration declaration = parse_declaration(line.declaration);
  Field field;
  field.name = declaration.name;
  field.offset = line.offset;
  bool is_pointer = declaration.type.find('*') != std::string::npos;
  if (declaration.is_array || !(is_register_size(line.size)))
    field.type = array_type(declaration.type, line, declaration.count);
  else if (is_pointer && line.size == 8)
    field.type = pointer_type(declaration.type, space);
  else
    field.type = integer_type(declaration.type, line.size, line.is_signed);
  return field;
}

}  // namespace

std::optional<TracepointFormat> parse_tracepoint_format(std::string_view category, std::string_view event,
                                                        std::string_view text) {
  TracepointFormat format;
  auto id = number_after(text, "\nID: ");
  if (!id)
    return std::nullopt;
  format.id = *id;
  // A name of its own per event: types with one name count as one type.
  format.arguments.name = "_tracepoint_" + std::string(category) + "_" + std::string(event);
  AddressSpace space = category == "syscalls" ? AddressSpace::User : AddressSpace::Kernel;
  uint32_t record_end = 0;
  for (std::string_view text_line : split(text, '\n')) {
    auto line = parse_field_line(text_line);
    if (!line)
      continue;
    record_end = std::max(record_end, line->offset + line->size);
    Field field = make_field(*line, space);
    if (field.name.starts_with("common_") || field.name.empty() || line->size == 0)
      continue;
    format.arguments.fields.push_back(std::move(field));
    format.declarations.push_back(std::move(line->declaration));
  }
  format.arguments.size = record_end;
  return format;
}

}  // namespace sonde::kernel
