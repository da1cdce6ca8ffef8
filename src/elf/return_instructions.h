// Where a function returns: places that a probe can take instead of the return address on the stack.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sonde::elf {

// Offsets of the return instructions of a function's code; as far as its instructions can be told apart.
std::vector<uint64_t> return_offsets(std::string_view code);

}  // namespace sonde::elf
