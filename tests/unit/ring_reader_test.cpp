// Reading a ring buffer that lies in a file: the same pages as the kernel's, written by hand.
#include "runtime/ring_reader.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace sonde::runtime {
namespace {

constexpr uint64_t kSize = 4096;

class Ring : public testing::Test {
protected:
  void SetUp() override {
    page_ = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    fd_ = memfd_create("ring", MFD_CLOEXEC);
    ASSERT_EQ(ftruncate(fd_, static_cast<off_t>(2 * page_ + 2 * kSize)), 0);
    memory_ = static_cast<uint8_t *>(mmap(nullptr, 2 * page_ + 2 * kSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0));
    ASSERT_NE(memory_, MAP_FAILED);
    auto opened = RingReader::open(fd_, kSize);
    ASSERT_TRUE(opened);
    reader_ = opened.take();
  }
  void TearDown() override {
    reader_.reset();
    munmap(memory_, 2 * page_ + 2 * kSize);
    close(fd_);
  }

  // Writes a record and moves the producer's position; returns the record's header.
  uint8_t *produce(const std::string &text, uint32_t bits = 0) {
    uint64_t &position = *reinterpret_cast<uint64_t *>(memory_ + page_);
    uint64_t offset = position & (kSize - 1);
    uint32_t header = static_cast<uint32_t>(text.size()) | bits;
    uint8_t *place = memory_ + 2 * page_ + offset;
    std::memcpy(place, &header, sizeof header);
    std::memcpy(place + BPF_RINGBUF_HDR_SZ, text.data(), text.size());
    position += (text.size() + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    return place;
  }
  uint64_t consumer_position() const { return *reinterpret_cast<uint64_t *>(memory_); }

  std::vector<std::string> read() {
    std::vector<std::string> texts;
    reader_->read_until(reader_->producer_position(), [&](const uint8_t *data, uint32_t size) {
      texts.emplace_back(reinterpret_cast<const char *>(data), size);
    });
    return texts;
  }

  uint64_t page_ = 0;
  int fd_ = -1;
  uint8_t *memory_ = nullptr;
  std::unique_ptr<RingReader> reader_;
};

using Texts = std::vector<std::string>;

TEST_F(Ring, HandsOutRecordsInOrderAndSkipsDiscardedOnes) {
  EXPECT_EQ(read(), Texts{});
  produce("one");
  produce("dropped", BPF_RINGBUF_DISCARD_BIT);
  produce("three is longer");
  EXPECT_EQ(read(), (Texts{"one", "three is longer"}));
  EXPECT_EQ(read(), Texts{});
}

TEST_F(Ring, StopsAtARecordThatIsBeingWritten) {
  produce("ready");
  uint8_t *header = produce("later", BPF_RINGBUF_BUSY_BIT);
  produce("behind");
  EXPECT_EQ(read(), Texts{"ready"});
  EXPECT_LT(reader_->position(), reader_->producer_position());
  uint32_t written = 5;
  std::memcpy(header, &written, sizeof written);
  EXPECT_EQ(read(), (Texts{"later", "behind"}));
}

TEST_F(Ring, StaysOneRecordBehindUntilItPublishes) {
  produce("a");
  produce("b");
  produce("c");
  read();
  EXPECT_EQ(consumer_position(), 32u) << "at the last record, which the kernel takes for unread";
  EXPECT_FALSE(reader_->publish()) << "nothing more has come";
  EXPECT_EQ(consumer_position(), 48u);
  produce("d");
  EXPECT_TRUE(reader_->publish()) << "more has come, and no wake-up will follow";
}

TEST_F(Ring, PublishesWhileReadingSoThatALongDrainFreesRoom) {
  for (int i = 0; i < 200; ++i)
    produce("12345678");
  int count = 0;
  uint64_t largest_lag = 0;
  reader_->read_until(reader_->producer_position(), [&](const uint8_t *, uint32_t) {
    ++count;
    largest_lag = std::max(largest_lag, reader_->position() - consumer_position());
  });
  EXPECT_EQ(count, 200);
  EXPECT_LE(largest_lag, kSize / 8 + 64);
}

TEST_F(Ring, GoesRoundAndSkips) {
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 128; ++i)
      produce("abcdefghijklmnop");
    EXPECT_EQ(read().size(), 128u) << "round " << round;
  }
  produce("unwanted");
  reader_->skip_until(reader_->producer_position());
  EXPECT_EQ(consumer_position(), reader_->producer_position());
  produce("wanted");
  EXPECT_EQ(read(), Texts{"wanted"});
}

}  // namespace
}  // namespace sonde::runtime
