// What the running kernel's BPF can do: names and trials.
#pragma once

#include <span>
#include <string_view>

#include "kernel/kernel.h"

namespace sonde::kernel {

// A feature that sonde finds a way without, or says what is lacking.
struct FeatureName {
  std::string_view name;
  Feature feature;
};
std::span<const FeatureName> feature_names();

// One trial, without memory of earlier ones; leaves nothing behind. False also when the trial itself was
// not allowed.
bool try_feature(Feature feature);

// As Kernel::programs_may_call; `id` is the function's number in vmlinux BTF.
bool try_call(uint32_t id, const std::string &section);

}  // namespace sonde::kernel
