// One value out of the values that each CPU has for a key.
#pragma once

#include <cstdint>

#include "types/type.h"

namespace sonde::runtime {

// Writes type.size bytes to `out` from `cpus` values that lie `stride` bytes apart. Aggregations
// are combined; of other types, integers are added and the first CPU that has a value wins.
void merge_values(const Type &type, const uint8_t *values, uint32_t cpus, uint32_t stride, uint8_t *out);

}  // namespace sonde::runtime
