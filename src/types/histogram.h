// The arithmetic of histograms, common to the compiler (which computes slots in BPF) and the
// runtime (which labels them).
//
// A log2 histogram with k sub-bucket bits has slot 0 for negative values, slots 1 … 2^k for the
// values 0 … 2^k - 1 one by one, and then 2^k slots for each power of two: for n >= 2^k with
// l = floor(log2(n)) - k the slot is ((l + 1) << k) + ((n >> l) & (2^k - 1)) + 1.
#pragma once

#include <cstdint>

#include "types/type.h"

namespace sonde {

inline constexpr uint32_t kMaxHistBits = 5;

// What a slot holds: [low, high), both int64; unbounded ends are the type's limits.
struct BucketRange {
  int64_t low = 0;
  int64_t high = 0;
};

uint32_t hist_bucket_count(uint32_t bits);
uint32_t hist_bucket(int64_t value, uint32_t bits);
BucketRange hist_range(uint32_t slot, uint32_t bits);

uint32_t lhist_bucket(int64_t value, const LinearBuckets &buckets);
BucketRange lhist_range(uint32_t slot, const LinearBuckets &buckets);

}  // namespace sonde
