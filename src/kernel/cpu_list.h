// CPU lists as sysfs writes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sonde::kernel {

// "0-3,5\n" → 0 1 2 3 5. What cannot be read as a number ends the list.
std::vector<uint32_t> parse_cpu_list(std::string_view text);

}  // namespace sonde::kernel
