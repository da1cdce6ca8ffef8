// Trials of what the running kernel's BPF can do.
#pragma once

#include "kernel/kernel.h"

namespace sonde::kernel {

// One trial, without memory of earlier ones; leaves nothing behind. False also when the trial itself was
// not allowed.
bool try_feature(Feature feature);

// As Kernel::programs_may_call; `id` is the function's number in vmlinux BTF.
bool try_call(uint32_t id, const std::string &section);

}  // namespace sonde::kernel
