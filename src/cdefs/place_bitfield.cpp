// Finds a storage unit of 1, 2, 4 or 8 bytes: one of the declared type, aligned to it, if the bits fit; a
// packed field may need a wider one, one at any byte, or the struct's last bytes. No unit holds 60 bits
// that straddle nine bytes.
#include "cdefs/place_bitfield.h"

#include <algorithm>

namespace sonde::cdefs {

bool place_bitfield(Field &field, uint32_t bits, uint32_t struct_size) {
  auto fits = [&](uint32_t unit, uint32_t offset) {
    if (bits + field.bit_width > (offset + unit) * 8 || offset + unit > struct_size)
      return false;
    if (unit != field.type.size)
      field.type = Type::integer(unit * 8, field.type.is_signed);
    field.offset = offset;
    field.bit_offset = bits - offset * 8;
    return true;
  };
  for (uint32_t unit = std::clamp(field.type.size, 1u, 8u); unit <= 8; unit *= 2)
    if (fits(unit, bits / 8 / unit * unit))
      return true;
  for (uint32_t unit = 1; unit <= 8; unit *= 2)
    if (fits(unit, bits / 8))
      return true;
  return struct_size >= 8 && bits / 8 > struct_size - 8 && fits(8, struct_size - 8);
}

}  // namespace sonde::cdefs
