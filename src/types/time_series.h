// The arithmetic of time series, common to the compiler (which finds slots in BPF) and the runtime (which reads them).
//
// Intervals are numbered from 1970 on by wall-clock time, so that those of a second begin with a second of the clock.
// Interval i has slot i % count; a newer one takes the slot of the oldest.
#pragma once

#include <cstdint>

#include "types/type.h"

namespace sonde {

// Three u64 words: the number of the interval, the value (of averages, the sum), and how many values it was made of
// (of SeriesValue::Last, when it came). The last is 0 in slots that were never used.
inline constexpr uint32_t kSeriesSlotSize = 24;

// What every CPU keeps for each key must fit into 32 KiB.
inline constexpr uint32_t kMaxSeriesIntervals = 1360;

struct SeriesSlot {
  uint64_t interval = 0;
  uint64_t value = 0;
  uint64_t weight = 0;
};
static_assert(sizeof(SeriesSlot) == kSeriesSlotSize);

}  // namespace sonde
