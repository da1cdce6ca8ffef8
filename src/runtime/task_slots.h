// Reads and empties the slots of a map (image/task_slots.h) while threads use theirs.
#pragma once

#include <cstdint>

#include "image/task_slots.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

class TaskSlots {
public:
  // `memory`: task_slots_layout(map).size bytes, which outlive it.
  TaskSlots(const image::MapSpec &map, uint8_t *memory);

  // Adds what is in the slots and not among the entries already: programs that interrupt one another may make two.
  void add_to(MapEntries &entries) const;
  void clear();
  void zero();

private:
  uint64_t word(uint32_t slot) const;

  const image::MapSpec &map_;
  image::TaskSlotsLayout layout_;
  uint8_t *memory_;
};

}  // namespace sonde::runtime
