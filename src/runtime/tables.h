// Reads and empties tables (image/table_layout.h) while programs count in them.
#pragma once

#include <cstdint>
#include <vector>

#include "image/table_layout.h"
#include "runtime/map_entries.h"

namespace sonde::runtime {

class Table {
public:
  // `memory`: table_layout(map, possible_cpus).size bytes, which outlive it.
  Table(const image::MapSpec &map, uint32_t possible_cpus, uint8_t *memory);

  MapEntries read() const;
  // The one entry with that key, or none.
  MapEntries find(const uint8_t *key) const;
  // Only of maps that say so (MapSpec::is_cleared).
  void clear();
  void zero();

private:
  uint32_t epoch() const;
  // The entry that a slot leads to, or kNone.
  uint32_t entry_at(uint32_t slot) const;
  const uint8_t *key(uint32_t entry) const {
    return memory_ + layout_.entries + entry * layout_.entry_stride + layout_.key;
  }
  uint64_t hash(uint32_t entry) const;
  uint8_t *cell(uint32_t cpu, uint32_t entry) const;
  // Whether the CPU has a value there since the table was last cleared.
  bool is_current(const uint8_t *cell) const;
  // All entries with a key of that hash: more than one where CPUs met the key at the same time.
  void collect(uint64_t hash, const uint8_t *key, std::vector<uint32_t> &found) const;
  void add(const std::vector<uint32_t> &same_key, MapEntries &entries) const;

  const image::MapSpec &map_;
  image::TableLayout layout_;
  uint32_t cpus_;
  uint8_t *memory_;
};

}  // namespace sonde::runtime
