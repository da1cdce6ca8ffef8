// Values as text, by their type: one place for map keys, map values, print() and printf's %s.
#pragma once

#include <cstdint>
#include <string>

#include "image/program_image.h"
#include "runtime/clock.h"
#include "runtime/stacks.h"
#include "runtime/symbols.h"
#include "types/type.h"

namespace sonde::runtime {

// What values need beside their bytes to be shown.
struct Surroundings {
  const image::ProgramImage &image;
  Symbols &symbols;
  Clock clock;
  Stacks &stacks;
};

// `bytes` holds `type.size` bytes.
void append_value(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around);
// A field, maybe of a few bits, of the struct at `bytes`.
void append_field(std::string &out, const Field &field, const uint8_t *bytes, Surroundings &around);
// As append_value, but the elements of a tuple (several keys) are not in parentheses.
void append_key(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around);

// A stack's frames, innermost first, a line each between two line feeds.
void append_stack(std::string &out, const Type &type, uint64_t value, Surroundings &around);

// The number in a scalar value, extended to 64 bits by the type's sign; 0 for other types.
int64_t load_integer(const Type &type, const uint8_t *bytes);

// The bytes of a Buffer or String value.
std::string_view load_bytes(const Type &type, const uint8_t *bytes);
// Printable characters as they are, others as \xNN.
void append_escaped(std::string &out, std::string_view bytes);

}  // namespace sonde::runtime
