// Since which kernel it has what some programs need.
#pragma once

#include "kernel/kernel.h"

namespace sonde::kernel {

inline constexpr KernelVersion kLongKeys{5, 11, 0};      // keys of hashes over 512 bytes
inline constexpr KernelVersion kForEachEntry{5, 13, 0};  // bpf_for_each_map_elem
inline constexpr KernelVersion kCountedLoops{5, 17, 0};  // bpf_loop
inline constexpr KernelVersion kPerCpuLookup{5, 19, 0};  // bpf_map_lookup_percpu_elem

inline constexpr uint32_t kMostKeyBytesBefore = 512;  // before kLongKeys

// Whether a program can read the values that other CPUs have for a key. The version answers where
// the trial is not allowed.
inline bool reads_other_cpus(Kernel &kernel) {
  return kernel.version() >= kPerCpuLookup || kernel.has(Feature::PerCpuLookup);
}

// "5.10", for messages.
inline std::string to_string(const KernelVersion &version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

}  // namespace sonde::kernel
