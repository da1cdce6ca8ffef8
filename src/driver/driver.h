// What main() does: options → compile() → run().
#pragma once

namespace sonde::driver {

// Exit codes, in docs/exit_codes.md. exit(N) in a script and nothing else gives other codes.
inline constexpr int kScriptError = 1;  // the script is wrong; diagnostics say where
inline constexpr int kUsageError = 2;   // the command line is wrong
inline constexpr int kRefused = 3;      // the kernel, a file or a permission said no

int run_sonde(int argc, char **argv);

}  // namespace sonde::driver
