// Names of C++ and Rust symbols as they read in the source.
#pragma once

#include <string>

namespace sonde::elf {

// "_ZN2ns1fEi" → "ns::f(int)"; names that are not mangled as they are.
std::string demangled(const std::string &name);

// "ns::f(int)" → "ns::f": what is left without the parameters and what follows them.
std::string without_parameters(const std::string &demangled_name);

}  // namespace sonde::elf
