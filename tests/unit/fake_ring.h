// A ring buffer that lies in a file: the same pages as the kernel's, written by hand.
#pragma once

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "runtime/ring_reader.h"

namespace sonde::runtime {

class FakeRing {
public:
  static constexpr uint64_t kSize = 4096;

  explicit FakeRing(uint64_t size = kSize)
      : size_(size), page_(static_cast<uint64_t>(sysconf(_SC_PAGESIZE))), fd_(memfd_create("ring", MFD_CLOEXEC)) {
    EXPECT_EQ(ftruncate(fd_, static_cast<off_t>(bytes())), 0);
    memory_ = static_cast<uint8_t *>(mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    EXPECT_NE(memory_, MAP_FAILED);
  }
  ~FakeRing() {
    munmap(memory_, bytes());
    close(fd_);
  }
  FakeRing(const FakeRing &) = delete;
  FakeRing &operator=(const FakeRing &) = delete;

  std::unique_ptr<RingReader> open() {
    auto opened = RingReader::open(fd_, size_);
    EXPECT_TRUE(opened);
    return opened.take();
  }

  // Writes a record and moves the producer's position; returns the record's header.
  uint8_t *produce(const std::string &text, uint32_t bits = 0) {
    uint64_t &position = *reinterpret_cast<uint64_t *>(memory_ + page_);
    uint64_t offset = position & (size_ - 1);
    uint32_t header = static_cast<uint32_t>(text.size()) | bits;
    uint8_t *place = memory_ + 2 * page_ + offset;
    std::memcpy(place, &header, sizeof header);
    std::memcpy(place + BPF_RINGBUF_HDR_SZ, text.data(), text.size());
    position += (text.size() + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    return place;
  }
  // Ends the writing of a record that was produced as busy.
  static void finish(uint8_t *header) {
    uint32_t word;
    std::memcpy(&word, header, sizeof word);
    word &= ~BPF_RINGBUF_BUSY_BIT;
    std::memcpy(header, &word, sizeof word);
  }
  uint64_t consumer_position() const { return *reinterpret_cast<uint64_t *>(memory_); }
  uint64_t producer_position() const { return *reinterpret_cast<uint64_t *>(memory_ + page_); }

private:
  uint64_t bytes() const { return 2 * page_ + 2 * size_; }

  uint64_t size_;
  uint64_t page_;
  int fd_;
  uint8_t *memory_ = nullptr;
};

}  // namespace sonde::runtime
