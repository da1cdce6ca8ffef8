// Sorting by time, stable so that equal times keep the order of the ring buffer.
#include "runtime/ordered_records.h"

#include <algorithm>
#include <cstring>

namespace sonde::runtime {

void OrderedRecords::add(const uint8_t *record, uint32_t size) {
  image::RecordStamp stamp;
  std::memcpy(&stamp, record + image::EventSpec::kHeaderSize, sizeof stamp);
  held_.push_back({stamp.time_ns, bytes_.size(), size});
  bytes_.insert(bytes_.end(), record, record + size);
  newest_ = std::max(newest_, stamp.time_ns);
}

size_t OrderedRecords::sort_up_to(uint64_t time_ns) {
  std::stable_sort(held_.begin(), held_.end(), [](const Held &a, const Held &b) { return a.time_ns < b.time_ns; });
  auto end = std::upper_bound(held_.begin(), held_.end(), time_ns,
                              [](uint64_t time, const Held &held) { return time < held.time_ns; });
  return static_cast<size_t>(end - held_.begin());
}

void OrderedRecords::drop(size_t count) {
  std::vector<Held> kept(held_.begin() + static_cast<ptrdiff_t>(count), held_.end());
  std::vector<uint8_t> bytes;
  for (Held &held : kept) {
    size_t at = bytes.size();
    bytes.insert(bytes.end(), bytes_.begin() + static_cast<ptrdiff_t>(held.at),
                 bytes_.begin() + static_cast<ptrdiff_t>(held.at + held.size));
    held.at = at;
  }
  held_ = std::move(kept);
  bytes_ = std::move(bytes);
}

void OrderedRecords::clear() {
  held_.clear();
  bytes_.clear();
}

}  // namespace sonde::runtime
