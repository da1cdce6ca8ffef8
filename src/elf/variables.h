// Variables of user-space ELF files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sonde::elf {

struct Variable {
  uint64_t address = 0;   // virtual address in the file
  uint64_t size = 0;      // bytes
  bool is_moved = false;  // the file is loaded wherever there is room
};

// The variable of that name of a program or library; nothing when it has none.
// Errors: as open_binary (binary.h).
Result<std::optional<Variable>> find_variable(const std::string &path, std::string_view name);

}  // namespace sonde::elf
