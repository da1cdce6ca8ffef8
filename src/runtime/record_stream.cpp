// The parts of RecordStream that are not per record.
#include "runtime/record_stream.h"

#include <cstring>

namespace sonde::runtime {

void RecordStream::skip_until(const Mark &end) {
  if (data_)
    data_->skip_until(end.data);
  if (control_)
    control_->skip_until(end.control);
}

bool RecordStream::publish() {
  bool more_data = data_ && data_->publish();
  bool more_control = control_ && control_->publish();
  return more_data || more_control;
}

// A record too short for it, which no program of ours sends, has no data before it.
uint64_t RecordStream::position_in(const RingReader::Record &control_record) const {
  uint64_t position = 0;
  if (control_record.size >= position_offset_ + sizeof position)
    std::memcpy(&position, control_record.data + position_offset_, sizeof position);
  return position;
}

}  // namespace sonde::runtime
