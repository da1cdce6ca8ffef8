#include "image/task_slots.h"

#include <bit>

namespace sonde::image {

TaskSlotsLayout task_slots_layout(const MapSpec &map) {
  TaskSlotsLayout layout;
  layout.value_stride = (uint64_t{map.value.size} + 7) / 8 * 8;
  uint64_t slots = std::bit_ceil(uint64_t{map.max_entries} * 2);
  while (slots > kFewestSlots && slots * (2 * 8 + layout.value_stride) > kMostSlotBytes)
    slots /= 2;
  layout.slots = static_cast<uint32_t>(slots);
  layout.overflows = uint64_t{layout.slots} * 8;
  layout.values = layout.overflows * 2;
  layout.size = layout.values + layout.value_stride * layout.slots;
  return layout;
}

}  // namespace sonde::image
