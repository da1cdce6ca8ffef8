// Puts records in the order of their time stamps (--ordered).
//
// A program reserves its record, then reads the clock; another program may do both in between. So a record can be
// older than one before it, but only than one that was not yet complete when it was reserved. Hence: once all is
// read that had been sent when a batch was read to its end, nothing older than the batch's newest can come any more.
// What is held is at most what two fillings of the ring buffer hold.
#pragma once

#include <cstdint>
#include <vector>

#include "image/program_image.h"

namespace sonde::runtime {

class OrderedRecords {
public:
  // Keeps a copy of a record of a stamped image.
  void add(const uint8_t *record, uint32_t size);

  // To be called when everything has been read that had been sent at some moment after the last call: hands over
  // what is as old as what had been added by that call, oldest first.
  template <typename Use> void end_batch(Use use) {
    uint64_t safe = newest_of_last_batch_;
    newest_of_last_batch_ = newest_;
    hand_over(safe, use);
  }
  // Hands over the rest.
  template <typename Use> void finish(Use use) { hand_over(UINT64_MAX, use); }
  bool is_empty() const { return held_.empty(); }
  void clear();

private:
  struct Held {
    uint64_t time_ns;
    size_t at;  // in bytes_
    uint32_t size;
  };

  template <typename Use> void hand_over(uint64_t up_to, Use use) {
    size_t count = sort_up_to(up_to);
    for (size_t i = 0; i < count; ++i)
      use(bytes_.data() + held_[i].at, held_[i].size);
    drop(count);
  }
  // Sorts and returns how many are not younger than that.
  size_t sort_up_to(uint64_t time_ns);
  void drop(size_t count);

  std::vector<Held> held_;
  std::vector<uint8_t> bytes_;
  uint64_t newest_ = 0;
  uint64_t newest_of_last_batch_ = 0;
};

}  // namespace sonde::runtime
