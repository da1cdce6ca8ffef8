// Reads a BPF ring buffer through its mapped pages.
//
// libbpf's own reader tells the kernel after every record that it has been read, which under load
// makes every further record wake us up. This one publishes its place in steps, and while records
// keep coming it leaves the last one unpublished: the kernel then sees a reader that is behind and
// wakes nobody, and the caller comes back by itself after a short sleep.
//
// The data is mapped as far as records have come: mapping all of it twice costs every start 0.4 ms, and counts as 8 MiB
// of a process that reads one line.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"

namespace sonde::runtime {

class RingReader {
public:
  // `size`: bytes of the buffer, as the map was created.
  static Result<std::unique_ptr<RingReader>> open(int map_fd, uint64_t size);
  ~RingReader();
  RingReader(const RingReader &) = delete;
  RingReader &operator=(const RingReader &) = delete;

  int fd() const { return fd_; }

  struct Record {
    const uint8_t *data = nullptr;
    uint32_t size = 0;
  };
  enum class Next : uint8_t { None, BeingWritten, Complete };

  // Hands every complete record up to `end` (a position) to `use(data, size)`. Returns how many
  // there were. Stops early at a record that is still being written.
  template <typename Use> size_t read_until(uint64_t end, Use use) {
    size_t count = 0;
    for (Record record; look(end, record) == Next::Complete; ++count) {
      take(record);
      use(record.data, record.size);
    }
    return count;
  }
  // What comes next before `end`; `record` is set when it is complete, and comes again until it is taken.
  Next look(uint64_t end, Record &record);
  void take(const Record &record);
  // Drops what lies before `end` (a position that producer_position() gave) unread.
  void skip_until(uint64_t end);

  // Where the next record will be written.
  uint64_t producer_position() const;
  // Where the next record will be read.
  uint64_t position() const { return position_; }
  // Tells the kernel that everything handed out is read. A wake-up follows when more comes; true
  // when more has come already.
  bool publish();

private:
  RingReader(int fd, uint64_t size, void *consumer_page, uint8_t *pages);
  bool can_see(uint64_t end);
  bool map_up_to(uint64_t end);
  void skip(uint32_t size);
  void publish_up_to(uint64_t position);

  int fd_;
  uint64_t size_;
  uint64_t *consumer_;        // page that we may write
  uint8_t *pages_;            // producer's page, then room for the data twice in a row
  uint64_t mapped_ = 0;       // bytes of that room which are the data
  uint64_t position_ = 0;     // first byte not handed out
  uint64_t last_record_ = 0;  // start of the record handed out last
  uint64_t published_ = 0;
  uint64_t page_size_;
  uint64_t publish_step_;
};

}  // namespace sonde::runtime
