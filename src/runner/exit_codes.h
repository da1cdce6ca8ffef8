// What sonde and the executables that it builds exit with, beside a script's own exit(N); docs/exit_codes.md.
#pragma once

namespace sonde::runner {

inline constexpr int kScriptError = 1;  // the script is wrong; diagnostics say where
inline constexpr int kUsageError = 2;   // the command line is wrong
inline constexpr int kRefused = 3;      // the kernel, a file or a permission said no

}  // namespace sonde::runner
