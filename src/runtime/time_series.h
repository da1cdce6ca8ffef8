// Time series as they are read and shown: merged over CPUs, as a chart, as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/time_series.h"

namespace sonde::runtime {

struct SeriesPoint {
  int64_t start_ns = 0;           // wall-clock time
  std::optional<uint64_t> value;  // signed or not by the type; none in intervals without values
};

// The intervals from the first to the last with a value, of those that the series keeps.
std::vector<SeriesPoint> series_points(const Type &type, const uint8_t *slots);

// Adds what another CPU kept.
void merge_series(const Type &type, const uint8_t *next, uint8_t *out);

// A line for each interval, with a mark where its value lies between the least and the greatest.
void append_series_chart(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor);
// [{"interval_start":"2026-01-31 10:41:46.700000000","value":5},…]
void append_series_json(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor);

}  // namespace sonde::runtime
