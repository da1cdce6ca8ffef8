// The dynamic loader's list of libraries, /etc/ld.so.cache.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::elf {

// The path of the first library in the cache's bytes whose name is `name` or, for a name without
// ".so", `name` followed by ".so": "libc" finds libc.so.6. Nothing also when the bytes are no cache.
std::optional<std::string> find_in_library_cache(std::string_view cache, std::string_view name);

}  // namespace sonde::elf
