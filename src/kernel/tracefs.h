// Where tracefs is and which tracepoints it lists.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"

namespace sonde::kernel {

// The first of the usual mount points that has an events directory.
Result<std::string> find_tracefs();

// As Kernel::tracepoints.
Result<std::vector<TracepointName>> list_tracepoints(const std::string &tracefs, std::string_view category,
                                                     std::string_view event);

// The events in the text of available_events ("category:event" per line) that match both globs, sorted.
std::vector<TracepointName> parse_available_events(std::string_view text, std::string_view category,
                                                   std::string_view event);

}  // namespace sonde::kernel
