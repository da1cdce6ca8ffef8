// Where a probed function's arguments, result and place lie in the registers that a program gets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arch.h"

namespace sonde::codegen {

// Offsets in bytes from the start of the context: struct pt_regs, or user_pt_regs on arm64. Those of system
// calls are from the start of the kernel's own struct pt_regs.
struct ArchRegisters {
  std::span<const uint16_t> arguments;  // integer arguments, in order
  uint16_t return_value = 0;
  uint16_t instruction_pointer = 0;
  uint16_t stack_pointer = 0;
  // Bytes between the stack pointer at a function's entry and its first argument on the stack.
  uint16_t stack_arguments = 0;
  std::span<const uint16_t> syscall_arguments;
  uint16_t syscall_number = 0;
  uint16_t syscall_number_size = 0;
};

// Where the register of that name lies in the context; "pc" and "ip" both name the instruction pointer.
std::optional<uint16_t> register_offset(std::string_view name, Arch arch);
// "ax, bx, …"
std::string register_names(Arch arch);

const ArchRegisters &registers_of(Arch arch);

}  // namespace sonde::codegen
