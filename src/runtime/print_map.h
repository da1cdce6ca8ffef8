// Maps as text: sorted by value, one line per key or one histogram per key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/program_image.h"
#include "runtime/format_value.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

struct PrintMapOptions {
  uint32_t top = 0;      // only the largest so many; 0 for all
  uint32_t divisor = 1;  // values (averages, not totals) are divided by it
};

// Indices of the entries to show, in order: the `top` largest, or all for 0.
std::vector<size_t> shown_entries(const image::MapSpec &map, const MapEntries &entries, uint32_t top);
// A value of one line, divided.
void append_divided(std::string &out, const Type &type, const uint8_t *value, uint32_t divisor, Surroundings &around);
void append_map(std::string &out, const image::MapSpec &map, const MapEntries &entries, const PrintMapOptions &options,
                Surroundings &around);

// Whether values of a type are shown in lines of their own, as charts: histograms and time series.
bool is_chart(const Type &type);
void append_chart(std::string &out, const Type &type, const uint8_t *value, uint32_t divisor);

// Rows from the first to the last slot that is not zero, each with a bar of at most 52 characters.
void append_histogram(std::string &out, const Type &type, const uint8_t *slots, uint32_t divisor);

}  // namespace sonde::runtime
