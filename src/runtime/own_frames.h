// How many frames of a kernel stack that a program of a raw tracepoint takes are the kernel's way to that program.
#pragma once

#include <cstdint>

namespace sonde::runtime {

// The program, bpf_trace_run2() and, where the kernel's compiler left it a frame, __bpf_trace_sys_enter(): 2 or 3. Asks
// the kernel by a small program of its own; 2 where that cannot be.
uint64_t count_own_frames();

}  // namespace sonde::runtime
