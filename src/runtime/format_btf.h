// Values as an object's own BTF describes them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct btf;

namespace sonde::runtime {

struct BtfMember {
  std::string_view name;
  uint32_t type = 0;
  uint32_t bit_offset = 0;
  uint32_t bit_count = 0;  // of bit fields, else 0
};
std::vector<BtfMember> members_of(const btf *types, uint32_t structure);

// As JSON: arrays of char are strings up to their NUL, enumerators go by name. What lies outside `bytes` is null.
void append_btf_value(std::string &out, const btf *types, uint32_t type, std::span<const uint8_t> bytes);
void append_btf_member(std::string &out, const btf *types, const BtfMember &member, std::span<const uint8_t> bytes);

}  // namespace sonde::runtime
