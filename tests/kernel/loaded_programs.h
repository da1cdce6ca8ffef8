// Which BPF programs the kernel holds, asked without sonde or libbpf so that both can be checked by it.
#pragma once

#include <cstdint>
#include <set>

namespace sonde::test {

// Ids of all loaded programs.
std::set<uint32_t> loaded_programs();

// Ids of the programs that some living process holds by a file descriptor, of the program or of a link.
std::set<uint32_t> programs_held_by_processes();

}  // namespace sonde::test
