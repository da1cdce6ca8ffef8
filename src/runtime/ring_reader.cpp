// The layout is the kernel's (Documentation/bpf/ringbuf.rst): a page with the consumer's position,
// a page with the producer's, then the data mapped twice so that records never wrap.
#include "runtime/ring_reader.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>

namespace sonde::runtime {
namespace {

constexpr uint64_t kMaxPublishStep = 64 * 1024;
constexpr uint64_t kFirstMapped = 64 * 1024;

uint64_t page_size() { return static_cast<uint64_t>(sysconf(_SC_PAGESIZE)); }

template <typename T> T load_acquire(const void *place) {
  return std::atomic_ref<T>(*static_cast<T *>(const_cast<void *>(place))).load(std::memory_order_acquire);
}

}  // namespace

Result<std::unique_ptr<RingReader>> RingReader::open(int map_fd, uint64_t size) {
  uint64_t page = page_size();
  void *consumer = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
  if (consumer == MAP_FAILED)
    return Error::from_errno("map", "the ring buffer", errno);
  void *room = mmap(nullptr, page + 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  bool is_mapped = room != MAP_FAILED &&
                   mmap(room, page, PROT_READ, MAP_SHARED | MAP_FIXED, map_fd, static_cast<off_t>(page)) != MAP_FAILED;
  if (!is_mapped) {
    Error error = Error::from_errno("map", "the ring buffer", errno);
    munmap(consumer, page);
    if (room != MAP_FAILED)
      munmap(room, page + 2 * size);
    return error;
  }
  return std::unique_ptr<RingReader>(new RingReader(map_fd, size, consumer, static_cast<uint8_t *>(room)));
}

RingReader::RingReader(int fd, uint64_t size, void *consumer_page, uint8_t *pages)
    : fd_(fd), size_(size), consumer_(static_cast<uint64_t *>(consumer_page)), pages_(pages), page_size_(page_size()),
      publish_step_(std::min(kMaxPublishStep, size / 8)) {
  position_ = last_record_ = published_ = load_acquire<uint64_t>(consumer_);
}

RingReader::~RingReader() {
  munmap(consumer_, page_size_);
  munmap(pages_, page_size_ + 2 * size_);
}

bool RingReader::can_see(uint64_t end) { return end <= mapped_ || map_up_to(end); }

// Twice as much each time, and of the second copy what records that wrap reach into.
bool RingReader::map_up_to(uint64_t end) {
  auto rounded = [&](uint64_t bytes) { return std::min(size_, std::max(kFirstMapped, std::bit_ceil(bytes))); };
  uint64_t wanted = end <= size_ ? rounded(end) : size_ + rounded(end - size_);
  void *place = pages_ + page_size_ + mapped_;
  off_t offset = static_cast<off_t>(2 * page_size_ + mapped_);
  if (mmap(place, wanted - mapped_, PROT_READ, MAP_SHARED | MAP_FIXED, fd_, offset) == MAP_FAILED)
    return false;
  mapped_ = wanted;
  return true;
}

uint64_t RingReader::producer_position() const { return load_acquire<uint64_t>(pages_); }

RingReader::Next RingReader::look(uint64_t end, Record &record) {
  const uint8_t *data = pages_ + page_size_;
  while (position_ < end) {
    uint64_t at = position_ & (size_ - 1), begin = at + BPF_RINGBUF_HDR_SZ;
    // Without memory for another mapping, it is tried again at the next look.
    if (!can_see(begin))
      return Next::BeingWritten;
    const uint8_t *header = data + at;
    uint32_t word = load_acquire<uint32_t>(header);
    if (word & BPF_RINGBUF_BUSY_BIT || !can_see(begin + (word & ~BPF_RINGBUF_DISCARD_BIT)))
      return Next::BeingWritten;
    record = {header + BPF_RINGBUF_HDR_SZ, word & ~BPF_RINGBUF_DISCARD_BIT};
    if (!(word & BPF_RINGBUF_DISCARD_BIT))
      return Next::Complete;
    skip(record.size);
  }
  // All but the last record: room for the producer without a wake-up for the next record.
  if (last_record_ > published_)
    publish_up_to(last_record_);
  return Next::None;
}

void RingReader::take(const Record &record) { skip(record.size); }

void RingReader::skip(uint32_t size) {
  if (last_record_ - published_ >= publish_step_)
    publish_up_to(last_record_);
  last_record_ = position_;
  position_ += (uint64_t{size} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

void RingReader::skip_until(uint64_t end) {
  if (position_ < end)
    position_ = last_record_ = end;
  publish();
}

bool RingReader::publish() {
  publish_up_to(position_);
  // The producer looks at our position after it has moved its own; so must we look at its after
  // moving ours, or both could miss the other.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return producer_position() != position_;
}

void RingReader::publish_up_to(uint64_t position) {
  std::atomic_ref<uint64_t>(*consumer_).store(position, std::memory_order_release);
  published_ = position;
}

}  // namespace sonde::runtime
