// The tables of system calls that the headers of the building machine have.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arch.h"

namespace sonde::kernel {

struct SyscallRow {
  std::string_view name;
  uint32_t number;
};

// asm/unistd.h: that of the machine itself.
std::span<const SyscallRow> own_syscall_rows();
// asm-generic/unistd.h, by which arm64 and other younger architectures count.
std::span<const SyscallRow> generic_syscall_rows();

inline std::span<const SyscallRow> syscall_rows(Arch arch) {
  return arch == native_arch() ? own_syscall_rows() : generic_syscall_rows();
}

}  // namespace sonde::kernel
