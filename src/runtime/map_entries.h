// A map's content, read at one moment: keys and merged values, side by side in two arrays.
#pragma once

#include <cstdint>
#include <vector>

#include "image/program_image.h"

namespace sonde::runtime {

struct MapEntries {
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  size_t count = 0;
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;

  // None yet, of this map.
  static MapEntries of(const image::MapSpec &map) { return {map.key.size, map.value.size, 0, {}, {}}; }

  const uint8_t *key(size_t index) const { return keys.data() + index * key_size; }
  const uint8_t *value(size_t index) const { return values.data() + index * value_size; }
};

// Reads, clears and zeroes the maps of a running script, by their index in the image.
class MapStore {
public:
  virtual ~MapStore() = default;
  // Values of several CPUs come merged. Scalar maps give one entry with an empty key, or none while
  // the script has not assigned them.
  virtual MapEntries read(uint32_t map) = 0;
  // The one entry with that key (of the map's key size), or none.
  virtual MapEntries find(uint32_t map, const uint8_t *key) = 0;
  virtual void clear(uint32_t map) = 0;
  // Sets all values to zero and keeps the keys.
  virtual void zero(uint32_t map) = 0;
};

}  // namespace sonde::runtime
