// Tracepoints of system calls by the raw tracepoints that all calls pass.
#pragma once

#include <optional>
#include <string_view>

#include "probes/provider.h"

namespace sonde::probes {

inline constexpr std::string_view kSyscallEnter = "sys_enter_";
inline constexpr std::string_view kSyscallExit = "sys_exit_";

// Nothing where this kernel's types do not say how to tell 32-bit system calls: they share their numbers with
// others, so without it they would be misread.
std::optional<CompatTest> find_compat_test(kernel::Kernel &kernel);

}  // namespace sonde::probes
