// JSON by type of value and by kind of record.
#include "runtime/format_json.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>

#include "base/text.h"
#include "runtime/time_series.h"
#include "types/histogram.h"
#include "types/record.h"

namespace sonde::runtime {
namespace {

uint64_t word(const uint8_t *bytes, size_t index) {
  uint64_t value;
  std::memcpy(&value, bytes + 8 * index, sizeof value);
  return value;
}

// As append_value(), but that the frames of stacks are not indented.
void append_text(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  if (!type.is_stack() || type.stack_mode != StackMode::Bpftrace)
    return append_value(out, type, bytes, around);
  std::string lines;
  append_value(lines, type, bytes, around);
  bool is_indent = false;
  for (char c : lines) {
    is_indent = c == '\n' || (is_indent && c == ' ');
    if (!is_indent || c == '\n')
      out += c;
  }
}

void append_text_value(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  std::string text;
  append_text(text, type, bytes, around);
  append_json_string(out, text);
}

bool is_exact_double(uint64_t magnitude) {
  return magnitude == 0 ||
         std::bit_width(magnitude) - std::countr_zero(magnitude) <= std::numeric_limits<double>::digits;
}

// Many readers of JSON hold numbers as doubles: one that they would change becomes text, 9007199254740993 →
// "9007199254740993". `start` is where it begins in `out`, which ends behind it.
void quote_if_inexact(std::string &out, size_t start) {
  const char *digits = out.data() + start + (out[start] == '-');
  uint64_t magnitude = 0;
  std::from_chars(digits, out.data() + out.size(), magnitude);
  if (is_exact_double(magnitude))
    return;
  out.insert(start, 1, '"');
  out += '"';
}

void append_number(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  size_t start = out.size();
  append_value(out, type, bytes, around);
  quote_if_inexact(out, start);
}

void append_number(std::string &out, int64_t number) {
  size_t start = out.size();
  out += std::to_string(number);
  quote_if_inexact(out, start);
}

void append_buffer(std::string &out, const Type &type, const uint8_t *bytes) {
  const char *separator = "[";
  for (char byte : load_bytes(type, bytes)) {
    out += separator + std::to_string(static_cast<signed char>(byte));
    separator = ",";
  }
  out += *separator == '[' ? "[]" : "]";
}

bool is_text(const Type &array) {
  return array.element->is_integer() && array.element->size == 1 && array.element->is_signed;
}

void append_array(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  if (is_text(type))
    return append_text_value(out, type, bytes, around);
  out += '[';
  for (uint32_t i = 0; i < type.count; ++i) {
    out += i ? "," : "";
    append_json_value(out, *type.element, bytes + size_t{i} * type.element->size, around);
  }
  out += ']';
}

// Tuples are arrays; structs and records, whose fields have names, objects.
void append_fields(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  bool is_tuple = type.kind == TypeKind::Tuple && !is_record(type);
  out += is_tuple ? '[' : '{';
  const char *separator = "";
  for (const Field &field : type.layout ? type.layout->fields : std::vector<Field>()) {
    out += separator;
    separator = is_tuple ? "," : ", ";
    if (!is_tuple) {
      append_json_string(out, field.name);
      out += ": ";
    }
    if (field.bit_width > 0)
      append_field(out, field, bytes, around);
    else
      append_json_value(out, field.type, bytes + field.offset, around);
  }
  out += is_tuple ? ']' : '}';
}

// Only the average is divided.
void append_stats(std::string &out, const Type &type, const uint8_t *bytes, uint32_t divisor, Surroundings &around) {
  Type average = type;
  average.kind = TypeKind::Avg;
  fmt::format_to(std::back_inserter(out), "{{\"count\": {}, \"average\": ", word(bytes, 1));
  size_t start = out.size();
  append_divided(out, average, bytes, divisor, around);
  quote_if_inexact(out, start);
  out += ", \"total\": ";
  append_number(out, Type::integer(64, type.is_signed), bytes, around);
  out += '}';
}

// {"min": 2, "max": 3, "count": 5}: both bounds belong to the bucket; one without an end has no such bound.
void append_bucket(std::string &out, BucketRange range, uint64_t count) {
  out += '{';
  if (range.low != std::numeric_limits<int64_t>::min())
    append_number(out += "\"min\": ", range.low), out += ", ";
  if (range.high != std::numeric_limits<int64_t>::max())
    append_number(out += "\"max\": ", range.high - 1), out += ", ";
  fmt::format_to(std::back_inserter(out), "\"count\": {}}}", count);
}

void append_buckets(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor) {
  uint32_t first = 0, end = type.size / 8;
  while (first < end && word(slots, first) == 0)
    ++first;
  while (end > first && word(slots, end - 1) == 0)
    --end;
  out += '[';
  for (uint32_t slot = first; slot < end; ++slot) {
    out += slot > first ? "," : "";
    append_bucket(out, type.kind == TypeKind::Hist ? hist_range(slot, type.count) : lhist_range(slot, type.linear),
                  word(slots, slot) / divisor);
  }
  out += ']';
}

// Keys join with commas, elements of tuples inside them in parentheses: 1,(2,3),{.a=4,.b=5}.
void append_key_text(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  if (type.kind != TypeKind::Tuple)
    return append_text(out, type, bytes, around);
  const char *separator = "";
  out += is_record(type) ? "{" : "";
  for (const Field &field : type.layout->fields) {
    out += separator;
    separator = ",";
    if (is_record(type))
      out += "." + field.name + "=";
    bool is_nested = field.type.kind == TypeKind::Tuple && !is_record(field.type);
    out += is_nested ? "(" : "";
    append_key_text(out, field.type, bytes + field.offset, around);
    out += is_nested ? ")" : "";
  }
  out += is_record(type) ? "}" : "";
}

const char *record_type(const Type &value) {
  switch (value.kind) {
  case TypeKind::Hist:
  case TypeKind::Lhist: return "hist";
  case TypeKind::Series: return "tseries";
  case TypeKind::Avg:
  case TypeKind::Stats: return "stats";
  default: return "map";
  }
}

void append_map_value(std::string &out, const Type &type, const uint8_t *value, uint32_t divisor,
                      Surroundings &around) {
  bool is_number = type.is_integer() || type.is_aggregate();
  if (type.kind == TypeKind::Hist || type.kind == TypeKind::Lhist)
    append_buckets(out, type, value, divisor);
  else if (type.kind == TypeKind::Series)
    append_series_json(out, type, value, divisor);
  else if (type.kind == TypeKind::Stats)
    append_stats(out, type, value, divisor, around);
  else if (is_number && divisor != 1) {
    size_t start = out.size();
    append_divided(out, type, value, divisor, around);
    quote_if_inexact(out, start);
  } else
    append_json_value(out, type, value, around);
}

// Where the UTF-8 sequence at the start of `text` is valid its bytes, else a replacement for one byte.
void append_character(std::string &out, std::string_view &text) {
  size_t length = utf8_length(text);
  if (length == 0)
    out += "\\ufffd";
  else
    out += text.substr(0, length);
  text.remove_prefix(length ? length : 1);
}

}  // namespace

void append_json_string(std::string &out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    auto byte = static_cast<unsigned char>(text[0]);
    static constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t found = 0;
    while (found < kShort.size() && kShort[found] != text[0])
      found += 2;
    if (found < kShort.size())
      (out += '\\') += kShort[found + 1];
    else if (byte < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else
      append_character(out, text);
    if (found < kShort.size() || byte < 0x20)
      text.remove_prefix(1);
  }
  out += '"';
}

void append_json_value(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  switch (type.kind) {
  case TypeKind::Integer:
  case TypeKind::Count:
  case TypeKind::Sum:
  case TypeKind::Min:
  case TypeKind::Max:
  case TypeKind::Avg: return append_number(out, type, bytes, around);
  case TypeKind::Bool: return append_value(out, type, bytes, around);
  case TypeKind::Pointer:
  case TypeKind::Enum: return append_number(out, Type::integer(8 * type.size, type.is_signed), bytes, around);
  case TypeKind::Buffer: return append_buffer(out, type, bytes);
  case TypeKind::Array: return append_array(out, type, bytes, around);
  case TypeKind::Struct:
  case TypeKind::Tuple: return append_fields(out, type, bytes, around);
  case TypeKind::Stats: return append_stats(out, type, bytes, 1, around);
  case TypeKind::Hist:
  case TypeKind::Lhist: return append_buckets(out, type, bytes, 1);
  case TypeKind::Series: return append_series_json(out, type, bytes, 1);
  default: return append_text_value(out, type, bytes, around);
  }
}

void append_json_text(std::string &out, std::string_view type, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "{{\"type\": \"{}\", \"data\": ", type);
  append_json_string(out, text);
  out += "}\n";
}

void append_json_value_record(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around) {
  out += "{\"type\": \"value\", \"data\": ";
  append_json_value(out, type, bytes, around);
  out += "}\n";
}

void append_json_count(std::string &out, std::string_view type, std::string_view noun, uint64_t count) {
  fmt::format_to(std::back_inserter(out), "{{\"type\": \"{}\", \"count\": {}, \"data\": {{\"{}\": {}}}}}\n", type,
                 count, noun, count);
}

void append_json_failure(std::string &out, const JsonFailure &failure) {
  out += "{\"type\": \"helper_error\", \"msg\": ";
  append_json_string(out, failure.message);
  fmt::format_to(std::back_inserter(out), ", \"helper\": \"{}\", \"retcode\": {}, \"filename\": ", failure.helper,
                 failure.code);
  append_json_string(out, failure.file);
  fmt::format_to(std::back_inserter(out), ", \"line\": {}, \"col\": {}, \"count\": {}}}\n", failure.line,
                 failure.column, failure.count);
}

void append_json_map(std::string &out, const image::MapSpec &map, const MapEntries &entries,
                     const PrintMapOptions &options, Surroundings &around) {
  if (entries.count == 0)
    return;
  fmt::format_to(std::back_inserter(out), "{{\"type\": \"{}\", \"data\": {{", record_type(map.value));
  append_json_string(out, map.name);
  out += map.is_scalar() ? ": " : ": {";
  const char *separator = "";
  for (size_t index : shown_entries(map, entries, options.top)) {
    out += separator;
    separator = ", ";
    if (!map.is_scalar()) {
      std::string key;
      append_key_text(key, map.key, entries.key(index), around);
      append_json_string(out, key);
      out += ": ";
    }
    append_map_value(out, map.value, entries.value(index), options.divisor, around);
  }
  out += map.is_scalar() ? "}}\n" : "}}}\n";
}

void append_json_entries(std::string &out, const image::MapSpec &map, const MapEntries &entries,
                         const PrintMapOptions &options, Surroundings &around) {
  if (map.is_scalar())
    return;
  out += ", \"entries\": [";
  const char *separator = "";
  for (size_t index : shown_entries(map, entries, options.top)) {
    out += separator;
    separator = ", ";
    out += "{\"key\": ";
    append_json_value(out, map.key, entries.key(index), around);
    out += ", \"value\": ";
    append_map_value(out, map.value, entries.value(index), options.divisor, around);
    out += '}';
  }
  out += ']';
}

}  // namespace sonde::runtime
