// What arm64's asm/unistd.h asks for before it includes the generic one.
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_TIME32_SYSCALLS
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>

#include "kernel/syscall_table.h"

namespace sonde::kernel {
namespace {

constexpr SyscallRow kRows[] = {
#include "generic_syscall_rows.inc"
};

}  // namespace

std::span<const SyscallRow> generic_syscall_rows() { return kRows; }

}  // namespace sonde::kernel
