// The slots of a map whose every key is `tid` (MapSpec::has_task_slots): a thread alone sets, reads and deletes its own
// entry, so that nobody else writes there meanwhile and programs need no call of the kernel for it
// (codegen/emit_task_slots.cpp). Threads whose slot is taken have their entries in the map itself, a hash.
//
//   u64 word[slots]       (tid << 32) | state, at tid % slots
//   u64 overflow[slots]   entries of the hash whose slot was taken
//   value[slots]
#pragma once

#include <string>

#include "image/program_image.h"

namespace sonde::image {

// States of a slot; a word of 0 is free.
inline constexpr uint64_t kSlotFree = 0, kSlotBusy = 1, kSlotLive = 2;
// Of maps with fewer keys, one more would show.
inline constexpr uint32_t kFewestSlottedKeys = 1024;

// There is a slot for more threads than the map may have entries, but of large values for fewer.
inline constexpr uint64_t kMostSlotBytes = 2 << 20;
inline constexpr uint32_t kFewestSlots = 1024;

struct TaskSlotsLayout {
  uint32_t slots = 0;  // a power of two
  uint64_t overflows = 0, values = 0, value_stride = 0, size = 0;
};

TaskSlotsLayout task_slots_layout(const MapSpec &map);

// The section of the object whose one variable they are.
inline std::string task_slots_section(const MapSpec &map) { return ".bss.slots_" + map.bpf_name; }

}  // namespace sonde::image
