// One case per kind of BTF; qualifiers and names of types are looked through.
#include "runtime/format_btf.h"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "runtime/format_json.h"

namespace sonde::runtime {
namespace {

const btf_type *resolve(const btf *types, uint32_t id) {
  const btf_type *type = btf__type_by_id(types, id);
  while (type && (btf_is_mod(type) || btf_is_typedef(type)))
    type = btf__type_by_id(types, type->type);
  return type;
}

// Up to 64 bits, little-endian as this machine's, extended by their sign.
int64_t read_integer(std::span<const uint8_t> bytes, bool is_signed) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  unsigned unused = bytes.size() < 8 ? 64 - 8 * static_cast<unsigned>(bytes.size()) : 0;
  return is_signed ? static_cast<int64_t>(value << unused) >> unused : static_cast<int64_t>(value);
}

void append_number(std::string &out, int64_t value, bool is_signed) {
  if (is_signed)
    fmt::format_to(std::back_inserter(out), "{}", value);
  else
    fmt::format_to(std::back_inserter(out), "{}", static_cast<uint64_t>(value));
}

void append_integer(std::string &out, const btf_type *type, int64_t value) {
  uint8_t encoding = btf_int_encoding(type);
  if (encoding & BTF_INT_BOOL)
    out += value ? "true" : "false";
  else
    append_number(out, value, encoding & BTF_INT_SIGNED);
}

void append_enumerator(std::string &out, const btf *types, const btf_type *type, int64_t value) {
  for (int i = 0; i < btf_vlen(type); ++i) {
    bool is_wide = btf_is_enum64(type);
    int64_t here = is_wide ? static_cast<int64_t>(btf_enum64_value(&btf_enum64(type)[i])) : btf_enum(type)[i].val;
    if (here == value)
      return append_json_string(
          out, btf__name_by_offset(types, is_wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off));
  }
  append_number(out, value, btf_kflag(type));
}

void append_float(std::string &out, std::span<const uint8_t> bytes) {
  float narrow = 0;
  double wide = 0;
  if (bytes.size() == sizeof narrow) {
    std::memcpy(&narrow, bytes.data(), sizeof narrow);
    wide = narrow;
  } else if (bytes.size() == sizeof wide) {
    std::memcpy(&wide, bytes.data(), sizeof wide);
  }
  fmt::format_to(std::back_inserter(out), "{}", wide);
}

void append_array(std::string &out, const btf *types, const struct btf_array *array, std::span<const uint8_t> bytes) {
  const btf_type *element = resolve(types, array->type);
  int64_t size = btf__resolve_size(types, array->type);
  if (element && btf_is_int(element) && element->size == 1 && !(btf_int_encoding(element) & BTF_INT_BOOL)) {
    std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    return append_json_string(out, text.substr(0, text.find('\0')));
  }
  out += '[';
  for (uint32_t i = 0; i < array->nelems && size > 0 && (i + 1) * static_cast<uint64_t>(size) <= bytes.size(); ++i) {
    out += i ? "," : "";
    append_btf_value(out, types, array->type, bytes.subspan(i * static_cast<size_t>(size), static_cast<size_t>(size)));
  }
  out += ']';
}

void append_structure(std::string &out, const btf *types, uint32_t id, std::span<const uint8_t> bytes) {
  out += '{';
  for (const BtfMember &member : members_of(types, id)) {
    out += out.back() == '{' ? "" : ",";
    append_json_string(out, member.name);
    out += ':';
    append_btf_member(out, types, member, bytes);
  }
  out += '}';
}

}  // namespace

std::vector<BtfMember> members_of(const btf *types, uint32_t structure) {
  std::vector<BtfMember> members;
  const btf_type *type = resolve(types, structure);
  if (!type || !btf_is_composite(type))
    return members;
  for (uint32_t i = 0; i < btf_vlen(type); ++i) {
    const btf_member &member = btf_members(type)[i];
    members.push_back({btf__name_by_offset(types, member.name_off), member.type, btf_member_bit_offset(type, i),
                       btf_member_bitfield_size(type, i)});
  }
  return members;
}

void append_btf_value(std::string &out, const btf *types, uint32_t id, std::span<const uint8_t> bytes) {
  const btf_type *type = resolve(types, id);
  switch (type ? btf_kind(type) : uint16_t{BTF_KIND_UNKN}) {
  case BTF_KIND_INT: return append_integer(out, type, read_integer(bytes, btf_int_encoding(type) & BTF_INT_SIGNED));
  case BTF_KIND_ENUM:
  case BTF_KIND_ENUM64:
    // Enumerators of 32 bits are kept with their sign, whatever the type's.
    return append_enumerator(out, types, type, read_integer(bytes, btf_is_enum(type) || btf_kflag(type)));
  case BTF_KIND_PTR:
    return append_json_string(out, fmt::format("{:#x}", static_cast<uint64_t>(read_integer(bytes, false))));
  case BTF_KIND_FLOAT: return append_float(out, bytes);
  case BTF_KIND_ARRAY: return append_array(out, types, btf_array(type), bytes);
  case BTF_KIND_STRUCT:
  case BTF_KIND_UNION: return append_structure(out, types, id, bytes);
  default: out += "null";
  }
}

void append_btf_member(std::string &out, const btf *types, const BtfMember &member, std::span<const uint8_t> bytes) {
  int64_t size = btf__resolve_size(types, member.type);
  uint64_t start = member.bit_offset / 8;
  if (member.bit_count == 0) {
    if (size < 0 || start + static_cast<uint64_t>(size) > bytes.size())
      out += "null";
    else
      append_btf_value(out, types, member.type, bytes.subspan(start, static_cast<size_t>(size)));
    return;
  }
  unsigned shift = member.bit_offset % 8, bits = member.bit_count;
  uint64_t end = start + (shift + bits + 7) / 8;
  const btf_type *type = resolve(types, member.type);
  if (end > bytes.size() || !type || shift + bits > 64) {
    out += "null";
    return;
  }
  auto whole = static_cast<uint64_t>(read_integer(bytes.subspan(start, end - start), false)) << (64 - shift - bits);
  bool is_signed = btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
  int64_t value = is_signed ? static_cast<int64_t>(whole) >> (64 - bits) : static_cast<int64_t>(whole >> (64 - bits));
  btf_is_int(type) ? append_integer(out, type, value) : append_enumerator(out, types, type, value);
}

}  // namespace sonde::runtime
