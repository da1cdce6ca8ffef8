// How a table (MapStorage::Table) lies in the one value of its array map. Programs look up, compare and add with
// instructions of their own (codegen/emit_table.cpp), the runtime reads the mapped memory.
//
//   u32 used              entries given out so far; at most a few more than there are
//   u32 epoch             goes up by one when the map is cleared, which empties all slots and cells at once
//   u64 seed              zero; that the verifier cannot know it makes it follow all keys alike
//   u32 wasted            of those given out: no slot leads to them, for another CPU was faster
//   u64 slots[]           what a key's hash leads to: (epoch << 32) | (entry + 1); of another epoch, or 0: empty
//   entry[capacity]       u64 hash (large keys), key
//   cell[cpus][capacity]  u64 epoch (maps that are cleared), value: one CPU's
//
// A key's slot is the first from hash >> hash_shift on that has it; a look-up ends at an empty slot. An entry is
// written before its slot is, so that a slot never leads to half a key. Two CPUs that meet the same new key may both
// get an entry: then the values of both count.
#pragma once

#include <cstdint>
#include <string>

#include "image/program_image.h"

namespace sonde::image {

// In front of the slots; on a line of its own, for every look-up reads the epoch.
inline constexpr uint32_t kTableUsed = 0, kTableEpoch = 4, kTableSeed = 8, kTableWasted = 16, kTableSlots = 64;
// How many slots a look-up goes through. Of slots that are a quarter full, the chance that so many follow one another
// is 1 in 10^13.
inline constexpr uint32_t kTableProbes = 48;
inline constexpr uint32_t kSlotsPerEntry = 4;
inline constexpr uint32_t kSpareEntries = 64;
// Keys up to here are compared as they are; of larger ones the hash first.
inline constexpr uint32_t kPlainTableKey = 64;
inline constexpr uint64_t kTableMultiplier = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio: it is odd and mixes

struct TableLayout {
  uint32_t max_entries = 0;
  uint32_t capacity = 0;  // with what may be wasted
  uint32_t cpus = 0;      // rounded up to a power of two
  uint32_t slots = 0;     // a power of two, kSlotsPerEntry for each entry or more
  uint32_t hash_shift = 0;
  // Bytes from the start of the value.
  uint64_t entries = 0, cells = 0, size = 0;
  uint32_t key = 0;    // in an entry: behind its hash, if it has one
  uint32_t value = 0;  // in a cell: behind its epoch, if it has one
  uint64_t entry_stride = 0, cell_stride = 0, cpu_stride = 0;

  bool has_hashes() const { return key != 0; }
  bool has_epochs() const { return value != 0; }
};

// The section of the object whose one variable it is.
inline std::string table_section(const MapSpec &map) { return ".bss." + map.bpf_name; }

// Of a map of storage Table on a machine that may have `cpus` CPUs.
TableLayout table_layout(const MapSpec &map, uint32_t cpus);

// Strings, and what is hashed and compared until the word that has no more of them.
inline bool ends_at_zero_word(const Type &key) { return key.is_string(); }

// Of `key` (map.key.size bytes), as programs compute it.
uint64_t table_hash(const MapSpec &map, const uint8_t *key);

}  // namespace sonde::image
