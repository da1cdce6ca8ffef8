// System calls by number, as this machine numbers them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::runtime {

// "read" for 0 on x86-64; empty for numbers without a call.
std::string_view syscall_name(int64_t number);

}  // namespace sonde::runtime
