// The records of a run as one stream: data from one ring buffer, control records from another, each of those at
// its place among the data.
//
// A control record holds how far the ring of data was written when it was sent. Data before that point comes first,
// so print(@) shows what was counted when it was called and clear(@) never overtakes a printf in front of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "runtime/ring_reader.h"

namespace sonde::runtime {

class RecordStream {
public:
  // Both may be null. `position_offset`: where in a control record the position of data lies.
  RecordStream(std::unique_ptr<RingReader> data, std::unique_ptr<RingReader> control, uint32_t position_offset)
      : data_(std::move(data)), control_(std::move(control)), position_offset_(position_offset) {}

  // A moment of the stream: what had been sent by then.
  struct Mark {
    uint64_t data = 0;
    uint64_t control = 0;
  };
  // Data first: a control record that is missed here was sent after all data that is not.
  Mark now() const {
    uint64_t data = data_ ? data_->producer_position() : 0;
    return {data, control_ ? control_->producer_position() : 0};
  }
  bool has_reached(const Mark &mark) const {
    return (!data_ || data_->position() >= mark.data) && (!control_ || control_->position() >= mark.control);
  }

  // Hands every complete record sent before `end` to `use(data, size)`. Returns how many there were. Stops early at a
  // record that is still being written.
  template <typename Use> size_t read_until(const Mark &end, Use use) {
    size_t count = 0;
    for (;;) {
      RingReader::Record record;
      auto next = control_ ? control_->look(end.control, record) : RingReader::Next::None;
      if (next == RingReader::Next::BeingWritten)
        return count;  // its place among the data is not known yet
      bool is_last = next == RingReader::Next::None;
      uint64_t until = is_last ? end.data : position_in(record);
      if (data_)
        count += data_->read_until(until, use);
      if (is_last || (data_ && data_->position() < until))
        return count;
      control_->take(record);
      use(record.data, record.size);
      ++count;
    }
  }
  void skip_until(const Mark &end);
  // Tells the kernel that everything handed out is read. A wake-up follows when more comes; true when more has come
  // already.
  bool publish();
  // What to wait for after publish(); -1 for a ring that is not there.
  std::array<int, 2> fds() const { return {data_ ? data_->fd() : -1, control_ ? control_->fd() : -1}; }

private:
  uint64_t position_in(const RingReader::Record &control_record) const;

  std::unique_ptr<RingReader> data_;
  std::unique_ptr<RingReader> control_;
  uint32_t position_offset_;
};

}  // namespace sonde::runtime
