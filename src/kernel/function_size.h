// How long a function of the running kernel is, from /proc/kallsyms.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::kernel {

// Bytes of its code with the padding behind it; of several functions with that name the largest. `module` may be empty.
// Nothing where that is not known: there is none, or addresses are hidden from this user. Reads 10 MB.
std::optional<uint64_t> function_size(std::string_view module, std::string_view name);

}  // namespace sonde::kernel
