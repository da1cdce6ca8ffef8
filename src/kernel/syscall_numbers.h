// Numbers of system calls by the names that their tracepoints carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::kernel {

// "openat" → 257 on x86-64. The names are those of sys_enter_NAME, which now and then differ from the ones in
// C's headers ("newfstat"). Nothing for a system call that is younger than this program.
std::optional<uint32_t> syscall_number(std::string_view name);

}  // namespace sonde::kernel
