// The format file of a tracepoint: names, types and places of what its record holds.
#pragma once

#include <optional>
#include <string_view>

#include "kernel/kernel.h"

namespace sonde::kernel {

// Parses the text of events/CATEGORY/EVENT/format. Pointers of syscall tracepoints point into user
// memory, all others into the kernel's. Nothing when the text is not a format file.
std::optional<TracepointFormat> parse_tracepoint_format(std::string_view category, std::string_view event,
                                                        std::string_view text);

}  // namespace sonde::kernel
