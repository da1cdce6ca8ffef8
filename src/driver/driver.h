// What main() does: options → compile() → run().
#pragma once

namespace sonde::driver {

// Returns the exit code (runner/exit_codes.h).
int run_sonde(int argc, char **argv);

}  // namespace sonde::driver
