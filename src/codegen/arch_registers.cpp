// One row per architecture. Offsets are those of the kernel's asm/ptrace.h, argument order that of
// the platform's calling convention.
#include "codegen/arch_registers.h"

namespace sonde::codegen {
namespace {

// System V: di, si, dx, cx, r8, r9; the call has pushed the return address before the body starts.
constexpr uint16_t kX86Arguments[] = {112, 104, 96, 88, 72, 64};
// The fourth is in r10: the instruction itself takes rcx. The number is in orig_ax, for rax gets the result.
constexpr uint16_t kX86Syscall[] = {112, 104, 96, 56, 72, 64};
constexpr ArchRegisters kX86 = {kX86Arguments, 80, 128, 152, 8, kX86Syscall, 120, 8};

// AAPCS64: x0 to x7; the return address is in a register.
constexpr uint16_t kArm64Arguments[] = {0, 8, 16, 24, 32, 40, 48, 56};
// The first in orig_x0, for x0 gets the result; the number in syscallno.
constexpr uint16_t kArm64Syscall[] = {272, 8, 16, 24, 32, 40};
constexpr ArchRegisters kArm64 = {kArm64Arguments, 0, 256, 248, 0, kArm64Syscall, 280, 4};

#if defined(__aarch64__)
constexpr const ArchRegisters &kNative = kArm64;
#else
constexpr const ArchRegisters &kNative = kX86;
#endif

}  // namespace

const ArchRegisters &native_registers() {
  // Both rows are kept compiled, so that neither rots on the other machine.
  static_assert(kX86.arguments.size() == 6 && kArm64.arguments.size() == 8);
  return kNative;
}

}  // namespace sonde::codegen
