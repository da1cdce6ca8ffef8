#include "runtime/tables.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "runtime/merge_values.h"

namespace sonde::runtime {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

template <typename Number> Number load(const uint8_t *address) {
  return __atomic_load_n(reinterpret_cast<const Number *>(address), __ATOMIC_ACQUIRE);
}

}  // namespace

Table::Table(const image::MapSpec &map, uint32_t possible_cpus, uint8_t *memory)
    : map_(map), layout_(image::table_layout(map, possible_cpus)), cpus_(possible_cpus), memory_(memory) {}

uint32_t Table::epoch() const { return load<uint32_t>(memory_ + image::kTableEpoch); }

uint32_t Table::entry_at(uint32_t slot) const {
  uint64_t word = load<uint64_t>(memory_ + image::kTableSlots + size_t{slot} * 8);
  uint32_t number = static_cast<uint32_t>(word);
  bool is_empty = number == 0 || number > layout_.capacity || word >> 32 != epoch();
  return is_empty ? kNone : number - 1;
}

uint64_t Table::hash(uint32_t entry) const {
  if (!layout_.has_hashes())
    return image::table_hash(map_, key(entry));
  return load<uint64_t>(memory_ + layout_.entries + entry * layout_.entry_stride);
}

uint8_t *Table::cell(uint32_t cpu, uint32_t entry) const {
  return memory_ + layout_.cells + cpu * layout_.cpu_stride + entry * layout_.cell_stride;
}

bool Table::is_current(const uint8_t *cell) const { return !layout_.has_epochs() || load<uint64_t>(cell) == epoch(); }

void Table::collect(uint64_t hash, const uint8_t *key, std::vector<uint32_t> &found) const {
  found.clear();
  uint64_t slot = hash >> layout_.hash_shift;
  for (uint32_t round = 0; round < image::kTableProbes; ++round, slot = (slot + 1) & (layout_.slots - 1)) {
    uint32_t entry = entry_at(static_cast<uint32_t>(slot));
    if (entry == kNone)
      return;
    if (std::memcmp(this->key(entry), key, map_.key.size) == 0)
      found.push_back(entry);
  }
}

void Table::add(const std::vector<uint32_t> &same_key, MapEntries &entries) const {
  size_t stride = map_.stored_size(), at = entries.values.size();
  std::vector<uint8_t> values(same_key.size() * cpus_ * stride, 0);
  uint8_t *next = values.data();
  for (uint32_t entry : same_key)
    for (uint32_t cpu = 0; cpu < cpus_; ++cpu, next += stride)
      if (const uint8_t *from = cell(cpu, entry); is_current(from))
        std::memcpy(next, from + layout_.value, stride);
  const uint8_t *key = this->key(same_key.front());
  entries.keys.insert(entries.keys.end(), key, key + map_.key.size);
  entries.values.resize(at + map_.value.size);
  merge_values(map_.value, values.data(), static_cast<uint32_t>(same_key.size()) * cpus_, static_cast<uint32_t>(stride),
               entries.values.data() + at);
  ++entries.count;
}

MapEntries Table::read() const {
  MapEntries entries = MapEntries::of(map_);
  std::vector<uint32_t> same_key;
  for (uint32_t slot = 0; slot < layout_.slots; ++slot) {
    uint32_t entry = entry_at(slot);
    if (entry == kNone)
      continue;
    collect(hash(entry), key(entry), same_key);
    // The others of the key are counted with the first.
    if (!same_key.empty() && same_key.front() == entry)
      add(same_key, entries);
  }
  return entries;
}

MapEntries Table::find(const uint8_t *key) const {
  MapEntries entries = MapEntries::of(map_);
  std::vector<uint32_t> same_key;
  collect(image::table_hash(map_, key), key, same_key);
  if (!same_key.empty())
    add(same_key, entries);
  return entries;
}

// In one step, for programs give out entries meanwhile.
void Table::clear() {
  assert(layout_.has_epochs() && "the compiler knows which maps are cleared");
  static_assert(image::kTableEpoch == image::kTableUsed + 4, "little-endian: the upper half of one word");
  uint64_t emptied = (uint64_t{epoch()} + 1) << 32;
  __atomic_store_n(reinterpret_cast<uint64_t *>(memory_ + image::kTableUsed), emptied, __ATOMIC_RELEASE);
  __atomic_store_n(reinterpret_cast<uint32_t *>(memory_ + image::kTableWasted), 0, __ATOMIC_RELEASE);
}

void Table::zero() {
  for (uint32_t slot = 0; slot < layout_.slots; ++slot)
    if (uint32_t entry = entry_at(slot); entry != kNone)
      for (uint32_t cpu = 0; cpu < cpus_; ++cpu)
        if (uint8_t *value = cell(cpu, entry); is_current(value))
          std::memset(value + layout_.value, 0, map_.stored_size());
}

}  // namespace sonde::runtime
