#include "image/table_layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sonde::image {
namespace {

constexpr uint64_t in_words(uint64_t size) { return (size + 7) / 8 * 8; }

}  // namespace

TableLayout table_layout(const MapSpec &map, uint32_t cpus) {
  TableLayout layout;
  layout.max_entries = map.max_entries;
  layout.capacity = map.max_entries + kSpareEntries;
  layout.cpus = std::bit_ceil(cpus);
  layout.slots = static_cast<uint32_t>(std::bit_ceil(uint64_t{layout.capacity} * kSlotsPerEntry));
  layout.hash_shift = 64 - static_cast<uint32_t>(std::countr_zero(layout.slots));
  layout.key = map.key.size > kPlainTableKey ? 8 : 0;
  layout.value = map.is_cleared ? 8 : 0;
  layout.entry_stride = layout.key + in_words(map.key.size);
  layout.cell_stride = layout.value + map.stored_size();
  layout.cpu_stride = layout.cell_stride * layout.capacity;
  layout.entries = kTableSlots + uint64_t{layout.slots} * 8;
  layout.cells = layout.entries + layout.entry_stride * layout.capacity;
  layout.size = layout.cells + layout.cpu_stride * layout.cpus;
  return layout;
}

uint64_t table_hash(const MapSpec &map, const uint8_t *key) {
  uint64_t hash = 0;
  auto mix = [&](uint64_t word) { hash = (hash ^ hash >> 32 ^ word) * kTableMultiplier; };
  uint32_t rest = map.key.size % 8, whole = map.key.size - rest;
  bool has_end = map.key.size > kPlainTableKey && ends_at_zero_word(map.key);
  for (uint32_t at = 0; at < whole; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, key + at, sizeof word);
    mix(word);
    if (has_end && word == 0)
      return hash;
  }
  // As programs read it: the widest parts first.
  for (uint32_t at = whole, width = 4; width > 0; width /= 2) {
    if (!(rest & width))
      continue;
    uint64_t part = 0;
    std::memcpy(&part, key + at, width);
    mix(part);
    at += width;
  }
  return hash;
}

}  // namespace sonde::image
