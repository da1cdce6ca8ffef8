// Slots and ranges of log2 and linear histograms.
#include "types/histogram.h"

#include <bit>
#include <limits>

namespace sonde {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

}  // namespace

uint32_t hist_bucket_count(uint32_t bits) {
  // One for negatives, 2^k singles, and 2^k for each of the 63 - k further powers of two.
  return ((64 - bits) << bits) + 1;
}

uint32_t hist_bucket(int64_t value, uint32_t bits) {
  if (value < 0)
    return 0;
  uint64_t n = static_cast<uint64_t>(value);
  uint64_t singles = uint64_t{1} << bits;
  if (n < singles)
    return static_cast<uint32_t>(n) + 1;
  uint32_t shift = static_cast<uint32_t>(std::bit_width(n)) - 1 - bits;
  return ((shift + 1) << bits) + static_cast<uint32_t>((n >> shift) & (singles - 1)) + 1;
}

BucketRange hist_range(uint32_t slot, uint32_t bits) {
  if (slot == 0)
    return {kLowest, 0};
  uint64_t index = slot - 1;
  uint64_t singles = uint64_t{1} << bits;
  if (index < singles)
    return {static_cast<int64_t>(index), static_cast<int64_t>(index) + 1};
  uint64_t shift = (index >> bits) - 1;
  uint64_t low = (singles + (index & (singles - 1))) << shift;
  uint64_t high = low + (uint64_t{1} << shift);
  return {static_cast<int64_t>(low), high > static_cast<uint64_t>(kHighest) ? kHighest : static_cast<int64_t>(high)};
}

uint32_t lhist_bucket(int64_t value, const LinearBuckets &buckets) {
  if (value < buckets.min)
    return 0;
  if (value >= buckets.max)
    return buckets.count() - 1;
  // The difference of two int64 may need 64 unsigned bits.
  uint64_t above = static_cast<uint64_t>(value) - static_cast<uint64_t>(buckets.min);
  return 1 + static_cast<uint32_t>(above / static_cast<uint64_t>(buckets.step));
}

BucketRange lhist_range(uint32_t slot, const LinearBuckets &buckets) {
  if (slot == 0)
    return {kLowest, buckets.min};
  int64_t low = buckets.min + static_cast<int64_t>(slot - 1) * buckets.step;
  return {low, slot + 1 == buckets.count() ? kHighest : low + buckets.step};
}

}  // namespace sonde
