// Takes one kernel stack at a system call and looks up what the frames are called.
#include "runtime/own_frames.h"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "kernel/assembly.h"
#include "runtime/kernel_symbols.h"

namespace sonde::runtime {
namespace {

using kernel::Assembly;

constexpr size_t kFrames = 3;
constexpr uint64_t kUsual = 2;
using FirstFrames = std::array<uint64_t, kFrames>;

// sys_enter(registers, number): keeps the stack of a call that few programs make.
Assembly stack_program(int map) {
  constexpr uint8_t kResult = BPF_REG_0, kFirst = BPF_REG_1, kSecond = BPF_REG_2, kThird = BPF_REG_3,
                    kFourth = BPF_REG_4, kContext = BPF_REG_6, kFrame = BPF_REG_10;
  Assembly program;
  program.copy(kContext, kFirst);
  program.load(Assembly::Double, kFirst, kContext, 8);
  program.set(kSecond, SYS_getppid);
  size_t is_other = program.jump_unless_equal(kFirst, kSecond);
  program.store_number(Assembly::Word, kFrame, -4, 0);
  program.set_map(kFirst, map);
  program.copy(kSecond, kFrame);
  program.plus(kSecond, -4);
  program.call(BPF_FUNC_map_lookup_elem);
  size_t is_missing = program.jump_if_zero(kResult);
  program.copy(kFirst, kContext);
  program.copy(kSecond, kResult);
  program.set(kThird, sizeof(FirstFrames));
  program.set(kFourth, 0);
  program.call(BPF_FUNC_get_stack);
  program.land(is_other);
  program.land(is_missing);
  program.set(kResult, 0);
  program.leave();
  return program;
}

// Zeros where the kernel refuses.
FirstFrames take_stack() {
  FirstFrames frames{};
  int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "sonde_frames", sizeof(uint32_t), sizeof frames, 1, nullptr);
  if (map < 0)
    return frames;
  Assembly program = stack_program(map);
  int loaded = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "sonde_frames", "GPL", program.code().data(),
                             program.code().size(), nullptr);
  int link = loaded < 0 ? -1 : bpf_raw_tracepoint_open("sys_enter", loaded);
  uint32_t first = 0;
  if (link >= 0) {
    syscall(SYS_getppid);
    bpf_map_lookup_elem(map, &first, frames.data());
  }
  for (int fd : {link, loaded, map})
    if (fd >= 0)
      close(fd);
  return frames;
}

bool runs_programs(const KernelSymbols::Found &symbol) {
  return symbol.name.starts_with("bpf_trace_run") || symbol.name.starts_with("__bpf_trace_");
}

}  // namespace

uint64_t count_own_frames() {
  FirstFrames frames = take_stack();
  if (frames[0] == 0)
    return kUsual;
  // Only the one behind those is in doubt. Its callers would be far back in the list.
  uint64_t in_doubt = frames[kUsual];
  return runs_programs(KernelSymbols::running_up_to(in_doubt).find(in_doubt)) ? kUsual + 1 : kUsual;
}

}  // namespace sonde::runtime
