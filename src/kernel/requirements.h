// Since which kernel it has what some programs need.
#pragma once

#include <string>
#include <string_view>

#include "kernel/kernel.h"

namespace sonde::kernel {

inline constexpr KernelVersion kLongKeys{5, 11, 0};        // keys of hashes over 512 bytes
inline constexpr KernelVersion kTypedTask{5, 11, 0};       // bpf_get_current_task_btf
inline constexpr KernelVersion kClearedComm{5, 17, 0};     // set_task_comm clears what follows the name
inline constexpr KernelVersion kAtomicExchange{5, 12, 0};  // atomic operations with a result, preemptible programs
inline constexpr KernelVersion kSocketCookie{5, 12, 0};    // bpf_get_socket_cookie in tracing programs
inline constexpr KernelVersion kForEachEntry{5, 13, 0};    // bpf_for_each_map_elem
inline constexpr KernelVersion kCountedLoops{5, 17, 0};    // bpf_loop
inline constexpr KernelVersion kPerCpuLookup{5, 19, 0};    // bpf_map_lookup_percpu_elem

inline constexpr KernelVersion kClockTai{6, 1, 0};        // bpf_ktime_get_tai_ns
inline constexpr KernelVersion kPrivateStacks{6, 13, 0};  // of each CPU, for programs of kprobes and uprobes

// The function of the kernel that Feature::DirectReads is, from 6.2 on.
inline constexpr std::string_view kDirectRead = "bpf_rdonly_cast";

// Values of arrays that kmalloc could not hold (arraymap.c of 6.1 still refuses them).
inline constexpr KernelVersion kLargeValues{6, 6, 0};
inline constexpr uint64_t kMostValueBytesBefore = 4 << 20;

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

// What is said of a script that needs more than the kernel at hand, or than the oldest one that it is built for.
inline std::string needs_newer_kernel(std::string_view what, const KernelVersion &since, Kernel &kernel) {
  std::string have = to_string(kernel.version());
  return std::string(what) + " needs Linux " + to_string(since) + "; this is " +
         (kernel.is_the_one() ? have : "for " + have + " and later (--target-kernel)");
}

}  // namespace sonde::kernel
