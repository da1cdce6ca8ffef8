#include "runtime/task_slots.h"

#include <algorithm>
#include <cstring>

namespace sonde::runtime {
namespace {

bool is_live(uint64_t word) { return (word & UINT32_MAX) == image::kSlotLive; }

}  // namespace

TaskSlots::TaskSlots(const image::MapSpec &map, uint8_t *memory)
    : map_(map), layout_(image::task_slots_layout(map)), memory_(memory) {}

uint64_t TaskSlots::word(uint32_t slot) const {
  return __atomic_load_n(reinterpret_cast<const uint64_t *>(memory_) + slot, __ATOMIC_ACQUIRE);
}

void TaskSlots::add_to(MapEntries &entries) const {
  size_t hashed = entries.count;
  for (uint32_t slot = 0; slot < layout_.slots; ++slot) {
    uint64_t found = word(slot);
    if (!is_live(found))
      continue;
    uint64_t tid = found >> 32;
    auto *key = reinterpret_cast<const uint8_t *>(&tid);
    bool is_there = false;
    for (size_t i = 0; i < hashed && !is_there; ++i)
      is_there = std::memcmp(entries.key(i), key, map_.key.size) == 0;
    if (is_there)
      continue;
    const uint8_t *value = memory_ + layout_.values + slot * layout_.value_stride;
    entries.keys.insert(entries.keys.end(), key, key + map_.key.size);
    entries.values.insert(entries.values.end(), value, value + map_.value.size);
    ++entries.count;
  }
}

// A thread that sets its entry meanwhile may lose it, as with a hash of the kernel.
void TaskSlots::clear() {
  for (uint32_t slot = 0; slot < layout_.slots; ++slot)
    if (is_live(word(slot)))
      __atomic_store_n(reinterpret_cast<uint64_t *>(memory_) + slot, image::kSlotFree, __ATOMIC_RELEASE);
}

void TaskSlots::zero() {
  for (uint32_t slot = 0; slot < layout_.slots; ++slot)
    if (is_live(word(slot)))
      std::memset(memory_ + layout_.values + slot * layout_.value_stride, 0, map_.value.size);
}

}  // namespace sonde::runtime
