// Goes through a function's code from instruction to instruction.
#include "elf/return_instructions.h"

#include "elf/instructions.h"

namespace sonde::elf {
namespace {

bool is_return(std::string_view instruction) {
  auto byte = [&](size_t at) { return static_cast<uint8_t>(instruction[at]); };
#if defined(__x86_64__)
  // ret, ret imm16; compilers for old processors put a repeat prefix in front.
  uint8_t opcode = byte(byte(0) == 0xf3 && instruction.size() > 1 ? 1 : 0);
  return opcode == 0xc3 || opcode == 0xc2;
#else
  // ret Xn, and with the return address authenticated: retaa, retab.
  uint32_t word = static_cast<uint32_t>(byte(0) | byte(1) << 8 | byte(2) << 16) | static_cast<uint32_t>(byte(3)) << 24;
  return (word & 0xfffffc1f) == 0xd65f0000 || (word & 0xfffffbff) == 0xd65f0bff;
#endif
}

}  // namespace

std::vector<uint64_t> return_offsets(std::string_view code) {
  std::vector<uint64_t> offsets;
  for (uint64_t at = 0; at < code.size();) {
    auto length = instruction_length(code.substr(at));
    if (!length || *length == 0)
      break;
    if (is_return(code.substr(at, *length)))
      offsets.push_back(at);
    at += *length;
  }
  return offsets;
}

}  // namespace sonde::elf
