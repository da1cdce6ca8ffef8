// Maps keyed by stacks as folded stacks, which flame graph tools read: "comm;main;work;read 42".
#pragma once

#include <string>

#include "image/program_image.h"
#include "runtime/format_value.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

// Whether the key is or has a stack and the values are numbers that can be added up.
bool can_fold(const image::MapSpec &map);
// A line for each entry: what else is in the key, the frames of user stacks and then of kernel stacks, outermost
// first, and the value.
void append_folded(std::string &out, const image::MapSpec &map, const MapEntries &entries, Surroundings &around);

}  // namespace sonde::runtime
