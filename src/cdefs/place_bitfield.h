// Which load reads a bitfield.
#pragma once

#include <cstdint>

#include "types/type.h"

namespace sonde::cdefs {

// Sets offset, bit_offset and, where another unit than the declared one is needed, the type of a
// bitfield of field.bit_width bits that starts at bit `bits` of a struct. False: no load holds it.
bool place_bitfield(Field &field, uint32_t bits, uint32_t struct_size);

}  // namespace sonde::cdefs
