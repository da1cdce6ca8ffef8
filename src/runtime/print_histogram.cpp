// Histogram rows:   [8, 16)                5 |@@@@@@@@@@          |
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>

#include "runtime/print_map.h"
#include "types/histogram.h"

namespace sonde::runtime {
namespace {

constexpr uint64_t kBarWidth = 52;
constexpr char kUnits[] = "KMGTPE";

uint64_t slot_count(const uint8_t *slots, uint32_t index) {
  uint64_t count;
  std::memcpy(&count, slots + size_t{8} * index, sizeof count);
  return count;
}

// 1536 → "1536", 2048 → "2K", 3145728 → "3M": in the largest unit that divides the number.
std::string in_largest_unit(int64_t number) {
  int unit = -1;
  for (; number != 0 && number % 1024 == 0 && unit < 5; ++unit)
    number /= 1024;
  return unit < 0 ? std::to_string(number) : std::to_string(number) + kUnits[unit];
}

// In the largest unit that is not more than the width of the bucket that begins there: 1024K where buckets are 256K
// wide.
std::string in_unit_of_width(int64_t bound, int64_t width) {
  int unit = -1;
  for (; width >= 1024; width /= 1024, bound /= 1024)
    ++unit;
  return std::to_string(bound) + (unit < 0 ? "" : std::string(1, kUnits[unit]));
}

int64_t width_of(BucketRange range) { return range.high - range.low; }

std::string hist_label(uint32_t slot, uint32_t bits) {
  BucketRange range = hist_range(slot, bits);
  if (slot == 0)
    return "(..., 0)";
  if (width_of(range) == 1)
    return fmt::format("[{}]", range.low);
  if (range.high == std::numeric_limits<int64_t>::max())
    return fmt::format("[{}, ...)", in_largest_unit(range.low));
  if (bits > 0)
    return fmt::format("[{}, {})", in_unit_of_width(range.low, width_of(range)),
                       in_unit_of_width(range.high, width_of(hist_range(slot + 1, bits))));
  return fmt::format("[{}, {})", in_largest_unit(range.low), in_largest_unit(range.high));
}

std::string lhist_label(uint32_t slot, const LinearBuckets &buckets) {
  // Units only where all bounds are whole ones; the step tells.
  auto number = [&](int64_t value) {
    return buckets.step % 1024 == 0 ? in_largest_unit(value) : std::to_string(value);
  };
  BucketRange range = lhist_range(slot, buckets);
  if (slot == 0)
    return fmt::format("(..., {})", number(range.high));
  if (slot + 1 == buckets.count())
    return fmt::format("[{}, ...)", number(range.low));
  return fmt::format("[{}, {})", number(range.low), number(range.high));
}

}  // namespace

void append_histogram(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor) {
  uint32_t total = type.size / 8;
  uint32_t first = total, end = 0;
  uint64_t largest = 0;
  for (uint32_t slot = 0; slot < total; ++slot) {
    uint64_t count = slot_count(slots, slot);
    if (count == 0)
      continue;
    first = std::min(first, slot);
    end = slot + 1;
    largest = std::max(largest, count / divisor);
  }
  for (uint32_t slot = first; slot < end; ++slot) {
    uint64_t count = slot_count(slots, slot) / divisor;
    // In floating point: count * 52 may not fit into 64 bits.
    double share = largest ? static_cast<double>(count) / static_cast<double>(largest) : 0;
    std::string bar(static_cast<size_t>(share * kBarWidth), '@');
    std::string label = type.kind == TypeKind::Hist ? hist_label(slot, type.count) : lhist_label(slot, type.linear);
    fmt::format_to(std::back_inserter(out), "{:<16}{:>8} |{:<52}|\n", label, count, bar);
  }
}

}  // namespace sonde::runtime
