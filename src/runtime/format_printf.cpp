// Renders printf's pieces. Plain %s, %d, %u and %x, which nearly all scripts use, take a short way.
#include "runtime/format_printf.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "runtime/format_names.h"

namespace sonde::runtime {
namespace {

using image::EventField;
using image::FormatPiece;

// A conversion with its '*' resolved.
struct Shape {
  bool left = false, zero = false, plus = false, space = false, alternate = false;
  int width = -1;
  int precision = -1;
};

void append_padded(std::string &out, std::string_view text, const Shape &shape) {
  size_t width = shape.width > 0 ? static_cast<size_t>(shape.width) : 0;
  size_t padding = width > text.size() ? width - text.size() : 0;
  if (!shape.left)
    out.append(padding, ' ');
  out += text;
  if (shape.left)
    out.append(padding, ' ');
}

// [padding] prefix [zeros] digits [padding], as C has it.
void append_digits(std::string &out, std::string_view prefix, std::string_view digits, const Shape &shape) {
  if (shape.precision == 0 && digits == "0")
    digits = {};
  size_t wanted = shape.precision > 0 ? static_cast<size_t>(shape.precision) : 0;
  if (shape.zero && !shape.left && shape.precision < 0 && shape.width > static_cast<int>(prefix.size()))
    wanted = static_cast<size_t>(shape.width) - prefix.size();
  size_t zeros = wanted > digits.size() ? wanted - digits.size() : 0;
  size_t length = prefix.size() + zeros + digits.size();
  size_t width = shape.width > 0 ? static_cast<size_t>(shape.width) : 0;
  size_t padding = width > length ? width - length : 0;
  if (!shape.left)
    out.append(padding, ' ');
  out += prefix;
  out.append(zeros, '0');
  out += digits;
  if (shape.left)
    out.append(padding, ' ');
}

int64_t narrowed(int64_t value, std::string_view length, bool is_signed) {
  if (length == "hh")
    return is_signed ? static_cast<int8_t>(value) : static_cast<uint8_t>(value);
  if (length == "h")
    return is_signed ? static_cast<int16_t>(value) : static_cast<uint16_t>(value);
  if (length.empty())
    return is_signed ? static_cast<int32_t>(value) : static_cast<int64_t>(static_cast<uint32_t>(value));
  return value;
}

std::string digits_of(uint64_t value, char conversion) {
  char text[32];
  int base = conversion == 'o' ? 8 : conversion == 'x' || conversion == 'X' || conversion == 'p' ? 16 : 10;
  auto [end, status] = std::to_chars(text, std::end(text), value, base);
  (void)status;
  if (conversion == 'X')
    std::transform(text, end, text, [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  return {text, end};
}

void append_signed(std::string &out, int64_t value, const Shape &shape) {
  uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string_view sign = value < 0 ? "-" : shape.plus ? "+" : shape.space ? " " : "";
  append_digits(out, sign, digits_of(magnitude, 'd'), shape);
}

void append_unsigned(std::string &out, uint64_t value, char conversion, const Shape &shape) {
  std::string digits = digits_of(value, conversion);
  std::string_view prefix;
  if (value != 0 && (conversion == 'p' || (shape.alternate && conversion == 'x')))
    prefix = "0x";
  else if (shape.alternate && conversion == 'X' && value != 0)
    prefix = "0X";
  else if (shape.alternate && conversion == 'o' &&
           (value != 0 ? shape.precision <= static_cast<int>(digits.size()) : shape.precision == 0))
    prefix = "0";
  append_digits(out, prefix, digits, shape);
}

void append_hex_bytes(std::string &text, std::string_view bytes, bool spaced) {
  for (size_t i = 0; i < bytes.size(); ++i)
    fmt::format_to(std::back_inserter(text), "{}{:02x}", spaced ? (i ? " " : "") : "\\x",
                   static_cast<unsigned char>(bytes[i]));
}

bool has_bytes(const Type &type) { return type.kind == TypeKind::Buffer || type.kind == TypeKind::String; }

std::string text_of(const FormatPiece &piece, const Type &type, const uint8_t *bytes, Surroundings &around) {
  std::string text;
  if (piece.conversion == "gr")
    append_gfp_names(text, static_cast<uint64_t>(load_integer(type, bytes)));
  else if (piece.conversion == "s" || !has_bytes(type))
    append_value(text, type, bytes, around);
  else if (piece.conversion == "r")
    append_escaped(text, load_bytes(type, bytes));
  else
    append_hex_bytes(text, load_bytes(type, bytes), piece.conversion == "rh");
  return text;
}

// Hands out the record's fields in order; a format that asks for more than there are gets nothing.
class Arguments {
public:
  Arguments(std::span<const EventField> fields, const uint8_t *record) : fields_(fields), record_(record) {}
  const EventField *next() { return at_ < fields_.size() ? &fields_[at_++] : nullptr; }
  int next_int() {
    const EventField *field = next();
    int64_t value = field ? load_integer(field->type, record_ + field->offset) : 0;
    return static_cast<int>(std::clamp<int64_t>(value, -65535, 65535));
  }

private:
  std::span<const EventField> fields_;
  const uint8_t *record_;
  size_t at_ = 0;
};

Shape shape_of(const FormatPiece &piece, Arguments &arguments) {
  auto has = [&](char flag) { return piece.flags.find(flag) != std::string::npos; };
  Shape shape{has('-'), has('0'), has('+'), has(' '), has('#'), piece.width, piece.precision};
  if (piece.width_from_argument)
    shape.width = arguments.next_int();
  if (shape.width < -1) {
    shape.left = true;
    shape.width = -shape.width;
  }
  if (piece.precision_from_argument)
    shape.precision = arguments.next_int();
  return shape;
}

bool is_plain(const FormatPiece &piece) {
  return piece.flags.empty() && piece.width < 0 && piece.precision < 0 && !piece.width_from_argument &&
         !piece.precision_from_argument;
}

void append_conversion(std::string &out, const FormatPiece &piece, const Shape &shape, const EventField &field,
                       const uint8_t *record, Surroundings &around) {
  const uint8_t *bytes = record + field.offset;
  char conversion = piece.conversion[0];
  if (conversion == 's' || conversion == 'r' || conversion == 'g') {
    std::string text = text_of(piece, field.type, bytes, around);
    if (shape.precision >= 0 && text.size() > static_cast<size_t>(shape.precision))
      text.resize(static_cast<size_t>(shape.precision));
    return append_padded(out, text, shape);
  }
  int64_t value = load_integer(field.type, bytes);
  if (conversion == 'c')
    return append_padded(out, std::string(1, static_cast<char>(value)), shape);
  if (conversion == 'd' || conversion == 'i')
    return append_signed(out, narrowed(value, piece.length, true), shape);
  if (conversion != 'p')
    value = narrowed(value, piece.length, false);
  append_unsigned(out, static_cast<uint64_t>(value), conversion, shape);
}

// The short way; false when the piece needs the long one.
bool append_plain(std::string &out, const FormatPiece &piece, const EventField &field, const uint8_t *record,
                  Surroundings &around) {
  if (piece.conversion == "s") {
    append_value(out, field.type, record + field.offset, around);
    return true;
  }
  if (piece.conversion != "d" && piece.conversion != "u")
    return false;
  bool is_signed = piece.conversion == "d";
  int64_t value = narrowed(load_integer(field.type, record + field.offset), piece.length, is_signed);
  fmt::format_int digits = is_signed ? fmt::format_int(value) : fmt::format_int(static_cast<uint64_t>(value));
  out.append(digits.data(), digits.size());
  return true;
}

}  // namespace

void append_printf(std::string &out, const image::PrintfFormat &format, std::span<const EventField> fields,
                   const uint8_t *record, Surroundings &around) {
  Arguments arguments(fields, record);
  for (const FormatPiece &piece : format.pieces) {
    out += piece.literal;
    if (!piece.has_conversion)
      continue;
    Shape shape = is_plain(piece) ? Shape{} : shape_of(piece, arguments);
    const EventField *field = arguments.next();
    if (!field)
      continue;
    if (!is_plain(piece) || !append_plain(out, piece, *field, record, around))
      append_conversion(out, piece, shape, *field, record, around);
  }
}

}  // namespace sonde::runtime
