#include <asm/unistd.h>

#include "kernel/syscall_table.h"

namespace sonde::kernel {
namespace {

constexpr SyscallRow kRows[] = {
#include "syscall_rows.inc"
};

}  // namespace

std::span<const SyscallRow> own_syscall_rows() { return kRows; }

}  // namespace sonde::kernel
