// Slots of values and ranges of slots agree, at every edge.
#include "types/histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace sonde {
namespace {

constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

TEST(Histogram, EverySlotsRangeLeadsBackToIt) {
  for (uint32_t bits = 0; bits <= kMaxHistBits; ++bits) {
    uint32_t count = hist_bucket_count(bits);
    for (uint32_t slot = 0; slot < count; ++slot) {
      BucketRange range = hist_range(slot, bits);
      EXPECT_EQ(hist_bucket(range.low, bits), slot) << "bits " << bits;
      EXPECT_EQ(hist_bucket(range.high - 1, bits), slot) << "bits " << bits;
      if (slot > 0) {
        EXPECT_EQ(range.low, hist_range(slot - 1, bits).high) << "bits " << bits << " slot " << slot;
      }
    }
    EXPECT_EQ(hist_bucket(kHighest, bits), count - 1);
  }
}

TEST(Histogram, PowersOfTwo) {
  EXPECT_EQ(hist_bucket(-1, 0), 0u);
  EXPECT_EQ(hist_bucket(0, 0), 1u);
  EXPECT_EQ(hist_bucket(1, 0), 2u);
  EXPECT_EQ(hist_bucket(3, 0), 3u);
  EXPECT_EQ(hist_bucket(4, 0), 4u);
  EXPECT_EQ(hist_bucket(5, 2), 6u);
}

TEST(Histogram, LinearSlots) {
  LinearBuckets buckets{-10, 90, 10};
  EXPECT_EQ(buckets.count(), 12u);
  EXPECT_EQ(lhist_bucket(-11, buckets), 0u);
  EXPECT_EQ(lhist_bucket(-10, buckets), 1u);
  EXPECT_EQ(lhist_bucket(89, buckets), 10u);
  EXPECT_EQ(lhist_bucket(90, buckets), 11u);
  EXPECT_EQ(lhist_bucket(kHighest, buckets), 11u);
  for (uint32_t slot = 1; slot < buckets.count(); ++slot)
    EXPECT_EQ(lhist_bucket(lhist_range(slot, buckets).low, buckets), slot);
}

TEST(Histogram, APartOfAStepBelongsToTheLastSlot) {
  LinearBuckets buckets{0, 10, 3};
  EXPECT_EQ(buckets.count(), 5u);
  EXPECT_EQ(lhist_bucket(8, buckets), 3u);
  EXPECT_EQ(lhist_bucket(9, buckets), 4u);
  EXPECT_EQ(lhist_bucket(10, buckets), 4u);
  EXPECT_EQ(lhist_range(4, buckets).low, 9);
}

}  // namespace
}  // namespace sonde
