// Merging by kind of aggregation.
#include "runtime/merge_values.h"

#include <algorithm>
#include <cstring>

#include "runtime/format_value.h"
#include "runtime/time_series.h"

namespace sonde::runtime {
namespace {

uint64_t word(const uint8_t *bytes, uint32_t index) {
  uint64_t value;
  std::memcpy(&value, bytes + size_t{8} * index, sizeof value);
  return value;
}

void set_word(uint8_t *bytes, uint32_t index, uint64_t value) {
  std::memcpy(bytes + size_t{8} * index, &value, sizeof value);
}

bool any_byte(const uint8_t *bytes, uint32_t size) {
  return std::any_of(bytes, bytes + size, [](uint8_t byte) { return byte != 0; });
}

// Extremum: { value, is_set }.
void merge_extremum(const Type &type, const uint8_t *next, uint8_t *out) {
  if (word(next, 1) == 0)
    return;
  uint64_t best = word(out, 1), candidate = word(next, 0), current = word(out, 0);
  bool less = type.is_signed ? static_cast<int64_t>(candidate) < static_cast<int64_t>(current) : candidate < current;
  bool is_better = type.kind == TypeKind::Min ? less : !less;
  if (best == 0 || is_better)
    std::memcpy(out, next, 16);
}

void merge_other(const Type &type, const uint8_t *next, uint8_t *out) {
  if (type.is_integer()) {
    uint64_t sum = static_cast<uint64_t>(load_integer(type, out)) + static_cast<uint64_t>(load_integer(type, next));
    std::memcpy(out, &sum, type.size);
  } else if (!any_byte(out, type.size)) {
    std::memcpy(out, next, type.size);
  }
}

}  // namespace

void merge_values(const Type &type, const uint8_t *values, uint32_t cpus, uint32_t stride, uint8_t *out) {
  std::memset(out, 0, type.size);
  for (uint32_t cpu = 0; cpu < cpus; ++cpu) {
    const uint8_t *next = values + size_t{cpu} * stride;
    switch (type.kind) {
    case TypeKind::Count:
    case TypeKind::Sum:
    case TypeKind::Avg:
    case TypeKind::Stats:
    case TypeKind::Hist:
    case TypeKind::Lhist:
      for (uint32_t i = 0; i < type.size / 8; ++i)
        set_word(out, i, word(out, i) + word(next, i));
      break;
    case TypeKind::Min:
    case TypeKind::Max: merge_extremum(type, next, out); break;
    case TypeKind::Series: merge_series(type, next, out); break;
    default: merge_other(type, next, out); break;
    }
  }
}

}  // namespace sonde::runtime
