// printf: a format taken apart once, rendered for each record.
#pragma once

#include <span>
#include <string>

#include "image/printf_format.h"
#include "image/program_image.h"
#include "runtime/format_value.h"

namespace sonde::runtime {

// Conversions have C's meaning; integers without a length are 32 bits wide. %s takes any type.
void append_printf(std::string &out, const image::PrintfFormat &format, std::span<const image::EventField> fields,
                   const uint8_t *record, Surroundings &around);

}  // namespace sonde::runtime
