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

struct NamedRegister {
  std::string_view name;
  uint16_t offset;
};
constexpr NamedRegister kX86Names[] = {
    {"r15", 0},  {"r14", 8},  {"r13", 16}, {"r12", 24},    {"bp", 32},  {"bx", 40},  {"r11", 48}, {"r10", 56},
    {"r9", 64},  {"r8", 72},  {"ax", 80},  {"cx", 88},     {"dx", 96},  {"si", 104}, {"di", 112}, {"orig_ax", 120},
    {"ip", 128}, {"pc", 128}, {"cs", 136}, {"flags", 144}, {"sp", 152}, {"ss", 160},
};
constexpr NamedRegister kArm64Names[] = {
    {"r0", 0},    {"r1", 8},    {"r2", 16},   {"r3", 24},   {"r4", 32},   {"r5", 40},   {"r6", 48},
    {"r7", 56},   {"r8", 64},   {"r9", 72},   {"r10", 80},  {"r11", 88},  {"r12", 96},  {"r13", 104},
    {"r14", 112}, {"r15", 120}, {"r16", 128}, {"r17", 136}, {"r18", 144}, {"r19", 152}, {"r20", 160},
    {"r21", 168}, {"r22", 176}, {"r23", 184}, {"r24", 192}, {"r25", 200}, {"r26", 208}, {"r27", 216},
    {"r28", 224}, {"r29", 232}, {"r30", 240}, {"sp", 248},  {"pc", 256},  {"ip", 256},  {"pstate", 264},
};

// By Arch.
constexpr ArchRegisters kRegisters[] = {kX86, kArm64};
constexpr std::span<const NamedRegister> kNames[] = {kX86Names, kArm64Names};
constexpr std::span<const NamedRegister> names_of(Arch arch) { return kNames[static_cast<size_t>(arch)]; }

}  // namespace

const ArchRegisters &registers_of(Arch arch) { return kRegisters[static_cast<size_t>(arch)]; }

std::optional<uint16_t> register_offset(std::string_view name, Arch arch) {
  for (const NamedRegister &row : names_of(arch))
    if (row.name == name)
      return row.offset;
  return std::nullopt;
}

std::string register_names(Arch arch) {
  std::string names;
  for (const NamedRegister &row : names_of(arch))
    (names += names.empty() ? "" : ", ") += row.name;
  return names;
}

}  // namespace sonde::codegen
