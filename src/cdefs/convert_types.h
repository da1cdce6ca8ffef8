// Clang's types → sonde's.
#pragma once

#include "cdefs/kernel_names.h"
#include "cdefs/parse_c.h"
#include "cdefs/translation_unit.h"

namespace sonde::cdefs {

// Adds the unit's structs, unions, enums, typedefs and enumerators to `definitions`.
void convert_types(const TranslationUnit &unit, const KernelNames &kernel_names, Definitions &definitions);

}  // namespace sonde::cdefs
