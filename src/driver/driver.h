// What main() does: options → compile() → run().
#pragma once

#include <cstdint>
#include <span>

namespace sonde::driver {

// `standalone` is the program that built executables begin with. Returns the exit code (runner/exit_codes.h).
int run_sonde(int argc, char **argv, std::span<const uint8_t> standalone);

}  // namespace sonde::driver
