// Numbers of system calls by the names that their tracepoints carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/arch.h"

namespace sonde::kernel {

// "openat" → 257 on x86_64, 56 on arm64. The names are those of sys_enter_NAME, which now and then differ from the ones
// in C's headers ("newfstat"). Nothing for a system call that is younger than this program.
std::optional<uint32_t> syscall_number(std::string_view name, Arch arch = native_arch());

}  // namespace sonde::kernel
