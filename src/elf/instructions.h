// Where machine instructions start: a breakpoint in the middle of one makes the traced program crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sonde::elf {

// Bytes of the instruction that `code` begins with; nothing when it is cut off or not a known encoding.
std::optional<size_t> instruction_length(std::string_view code);

// Whether an instruction starts at `offset`, counting from the first one of `code`. Nothing when the
// instructions before it cannot be told apart (data between code).
std::optional<bool> starts_instruction(std::string_view code, uint64_t offset);

// The `size` bytes at `offset` of a file.
Result<std::string> read_code(const std::string &path, uint64_t offset, uint64_t size);

}  // namespace sonde::elf
