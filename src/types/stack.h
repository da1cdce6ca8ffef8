// Stacks as values: which stack-trace map holds their frames, and how they are numbered there.
//
// A stack's value is the number that the kernel gave it in a stack-trace map (bpf_get_stackid). A
// bucket of that map holds one stack for good; a second stack with the same hash goes to a second
// map, and one that finds both taken is lost, and counted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "types/type.h"

namespace sonde {

inline constexpr uint32_t kMaxStackFrames = 127;  // kernel.perf_event_max_stack's default

// By StackMode.
inline constexpr std::array<std::string_view, 4> kStackModeNames = {"bpftrace", "perf", "raw", "build_id"};
inline std::string_view stack_mode_name(StackMode mode) { return kStackModeNames[static_cast<size_t>(mode)]; }

// The low half of a stack's value: a number of the first map, or with kInSecondMap of the second.
// Negative, as an int32, where there is no stack (a kernel thread's user stack, say).
inline constexpr uint32_t kInSecondMap = 1u << 30;

// Bytes of one frame in the map: an address, or the kernel's struct bpf_stack_build_id.
inline uint32_t stack_frame_size(const Type &stack) { return stack.stack_mode == StackMode::BuildId ? 32 : 8; }

// Names of the maps for stacks of this type; kernel and user stacks share them.
inline std::string stack_map_name(const Type &stack, bool is_second) {
  return (stack.stack_mode == StackMode::BuildId ? "build_ids_" : "stacks_") + std::to_string(stack.count) +
         (is_second ? "_more" : "");
}

}  // namespace sonde
