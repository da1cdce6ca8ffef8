// Random programs of every kind of statement, type and builtin, for the verifier to judge.
#pragma once

#include <cstdint>
#include <string>

namespace sonde::random {

std::string program_script(uint64_t seed);

}  // namespace sonde::random
