// Reads maps in batches where the kernel can, else key by key.
#include "runtime/kernel_maps.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <optional>

#include "runtime/merge_values.h"
#include "runtime/tables.h"
#include "runtime/task_slots.h"

namespace sonde::runtime {
namespace {

constexpr uint32_t kBatch = 4096;
// Batches of wide per-CPU values (histograms) must not ask for hundreds of megabytes at once.
constexpr size_t kBatchBytes = 4 << 20;

class KernelMaps : public MapStore {
public:
  KernelMaps(const image::ProgramImage &image, const std::vector<KernelMap> &maps, uint32_t cpus)
      : image_(image), tables_(maps.size()), slots_(maps.size()), cpus_(cpus) {
    for (size_t i = 0; i < maps.size(); ++i) {
      fds_.push_back(maps[i].fd);
      if (image.maps[i].storage == image::MapStorage::Table)
        tables_[i].emplace(image.maps[i], cpus, maps[i].memory);
      else if (image.maps[i].has_task_slots)
        slots_[i].emplace(image.maps[i], maps[i].memory);
    }
  }

  MapEntries read(uint32_t map) override {
    if (tables_[map])
      return tables_[map]->read();
    const image::MapSpec &spec = image_.maps[map];
    MapEntries entries = MapEntries::of(spec);
    if (spec.is_scalar())
      read_scalar(map, entries);
    else if (!read_batches(map, entries))
      read_each(map, entries);
    if (slots_[map])
      slots_[map]->add_to(entries);
    return entries;
  }

  MapEntries find(uint32_t map, const uint8_t *key) override {
    const image::MapSpec &spec = image_.maps[map];
    if (spec.is_scalar())
      return read(map);
    if (tables_[map])
      return tables_[map]->find(key);
    assert(!slots_[map] && "programs send what they find there");
    MapEntries entries = MapEntries::of(spec);
    std::vector<uint8_t> raw(raw_size(spec));
    if (bpf_map_lookup_elem(fds_[map], key, raw.data()) == 0) {
      entries.keys.assign(key, key + spec.key.size);
      add_value(spec, raw.data(), entries);
    }
    return entries;
  }

  void clear(uint32_t map) override {
    if (image_.maps[map].is_scalar())
      return reset_scalar(map, false);
    if (tables_[map])
      return tables_[map]->clear();
    if (slots_[map])
      slots_[map]->clear();
    for (const std::vector<uint8_t> &key : keys(map))
      bpf_map_delete_elem(fds_[map], key.data());
  }

  void zero(uint32_t map) override {
    if (image_.maps[map].is_scalar())
      return reset_scalar(map, true);
    if (tables_[map])
      return tables_[map]->zero();
    if (slots_[map])
      slots_[map]->zero();
    std::vector<uint8_t> zeros(raw_size(image_.maps[map]), 0);
    for (const std::vector<uint8_t> &key : keys(map))
      bpf_map_update_elem(fds_[map], key.data(), zeros.data(), BPF_EXIST);
  }

private:
  uint32_t value_count(const image::MapSpec &spec) const { return image::is_per_cpu(spec.storage) ? cpus_ : 1; }

  // What one lookup gives: every CPU's value for per-CPU maps.
  size_t raw_size(const image::MapSpec &spec) const { return size_t{spec.stored_size()} * value_count(spec); }

  void add_value(const image::MapSpec &spec, const uint8_t *raw, MapEntries &entries) const {
    entries.values.resize(entries.values.size() + spec.value.size);
    uint8_t *out = entries.values.data() + entries.count * spec.value.size;
    if (image::is_per_cpu(spec.storage))
      merge_values(spec.value, raw, cpus_, spec.stored_size(), out);
    else
      std::memcpy(out, raw, spec.value.size);
    ++entries.count;
  }

  void read_scalar(uint32_t map, MapEntries &entries) const {
    const image::MapSpec &spec = image_.maps[map];
    std::vector<uint8_t> raw(raw_size(spec));
    if (read_slot(map, raw) && is_set(spec, raw))
      add_value(spec, raw.data(), entries);
  }

  bool read_slot(uint32_t map, std::vector<uint8_t> &raw) const {
    uint32_t slot = 0;
    return bpf_map_lookup_elem(fds_[map], &slot, raw.data()) == 0;
  }

  // Whether any CPU has assigned the scalar.
  bool is_set(const image::MapSpec &spec, const std::vector<uint8_t> &raw) const {
    for (uint32_t i = 0; i < value_count(spec); ++i)
      if (raw[size_t{i} * spec.stored_size() + spec.set_word_offset()] != 0)
        return true;
    return false;
  }

  // All values to zero; with `keep`, those that were assigned stay assigned.
  void reset_scalar(uint32_t map, bool keep) const {
    const image::MapSpec &spec = image_.maps[map];
    std::vector<uint8_t> raw(raw_size(spec));
    if (keep && !read_slot(map, raw))
      return;
    for (uint32_t i = 0; i < value_count(spec); ++i)
      std::memset(raw.data() + size_t{i} * spec.stored_size(), 0, spec.set_word_offset());
    uint32_t slot = 0;
    bpf_map_update_elem(fds_[map], &slot, raw.data(), BPF_ANY);
  }

  // False when this kernel has no batches for this kind of map; nothing is added then.
  bool read_batches(uint32_t map, MapEntries &entries) const {
    const image::MapSpec &spec = image_.maps[map];
    size_t value_bytes = raw_size(spec);
    uint32_t size = static_cast<uint32_t>(std::clamp<size_t>(kBatchBytes / value_bytes, 16, kBatch));
    std::vector<uint8_t> keys(size_t{size} * spec.key.size), values(size * value_bytes);
    // The kernel keeps a key or a bucket number in the cursor.
    std::vector<uint8_t> cursor(std::max<size_t>(spec.key.size, 8)), next(cursor.size());
    bool is_first = true;
    for (;;) {
      uint32_t count = size;
      int error = bpf_map_lookup_batch(fds_[map], is_first ? nullptr : cursor.data(), next.data(), keys.data(),
                                       values.data(), &count, nullptr);
      if (error == -ENOSPC && size < (1u << 20)) {
        // One bucket of the hash holds more keys than fit.
        size *= 2;
        keys.resize(size_t{size} * spec.key.size);
        values.resize(size * value_bytes);
        continue;
      }
      if (error != 0 && error != -ENOENT)
        return !is_first;
      append_batch(spec, keys, values, count, entries);
      if (error == -ENOENT)
        return true;
      std::swap(cursor, next);
      is_first = false;
    }
  }

  void append_batch(const image::MapSpec &spec, const std::vector<uint8_t> &keys, const std::vector<uint8_t> &values,
                    uint32_t count, MapEntries &entries) const {
    entries.keys.insert(entries.keys.end(), keys.begin(), keys.begin() + static_cast<ptrdiff_t>(count) * spec.key.size);
    if (!image::is_per_cpu(spec.storage) && spec.stored_size() == spec.value.size) {
      entries.values.insert(entries.values.end(), values.begin(),
                            values.begin() + static_cast<ptrdiff_t>(count) * spec.value.size);
      entries.count += count;
      return;
    }
    for (uint32_t i = 0; i < count; ++i)
      add_value(spec, values.data() + i * raw_size(spec), entries);
  }

  void read_each(uint32_t map, MapEntries &entries) const {
    const image::MapSpec &spec = image_.maps[map];
    std::vector<uint8_t> raw(raw_size(spec));
    for (const std::vector<uint8_t> &key : keys(map)) {
      if (bpf_map_lookup_elem(fds_[map], key.data(), raw.data()) != 0)
        continue;
      entries.keys.insert(entries.keys.end(), key.begin(), key.end());
      add_value(spec, raw.data(), entries);
    }
  }

  std::vector<std::vector<uint8_t>> keys(uint32_t map) const {
    const image::MapSpec &spec = image_.maps[map];
    std::vector<std::vector<uint8_t>> all;
    std::vector<uint8_t> key(spec.key.size), next(spec.key.size);
    const void *from = nullptr;
    // A key that vanishes while we walk makes the kernel start over: the bound ends that.
    while (all.size() < size_t{2} * spec.max_entries && bpf_map_get_next_key(fds_[map], from, next.data()) == 0) {
      all.push_back(next);
      key = next;
      from = key.data();
    }
    return all;
  }

  const image::ProgramImage &image_;
  std::vector<int> fds_;
  std::vector<std::optional<Table>> tables_;     // of maps that are tables
  std::vector<std::optional<TaskSlots>> slots_;  // of maps that have them
  uint32_t cpus_;
};

}  // namespace

std::unique_ptr<MapStore> open_kernel_maps(const image::ProgramImage &image, const std::vector<KernelMap> &maps,
                                           uint32_t possible_cpus) {
  return std::make_unique<KernelMaps>(image, maps, possible_cpus);
}

}  // namespace sonde::runtime
