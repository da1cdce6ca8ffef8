// Reading a ring buffer that lies in a file.
#include "runtime/ring_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "fake_ring.h"

namespace sonde::runtime {
namespace {

class Ring : public testing::Test {
protected:
  void SetUp() override { reader_ = ring_.open(); }
  uint8_t *produce(const std::string &text, uint32_t bits = 0) { return ring_.produce(text, bits); }
  uint64_t consumer_position() const { return ring_.consumer_position(); }

  std::vector<std::string> read() {
    std::vector<std::string> texts;
    reader_->read_until(reader_->producer_position(), [&](const uint8_t *data, uint32_t size) {
      texts.emplace_back(reinterpret_cast<const char *>(data), size);
    });
    return texts;
  }

  FakeRing ring_;
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
  EXPECT_LE(largest_lag, FakeRing::kSize / 8 + 64);
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

// Bytes of this process's memory that are mapped from a ring.
uint64_t mapped_bytes() {
  std::ifstream maps("/proc/self/maps");
  uint64_t bytes = 0;
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0;
    if (line.find("memfd:ring") != std::string::npos && std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) == 2)
      bytes += end - begin;
  }
  return bytes;
}

TEST(LargeRing, IsMappedAsFarAsRecordsHaveCome) {
  constexpr uint64_t kSize = 1 << 20, kAfterWrap = 64 * 1024;
  FakeRing ring(kSize);
  uint64_t before = mapped_bytes();
  std::unique_ptr<RingReader> reader = ring.open();
  uint64_t positions = mapped_bytes() - before;
  auto count = [&] { return reader->read_until(reader->producer_position(), [](const uint8_t *, uint32_t) {}); };
  ring.produce("first");
  EXPECT_EQ(count(), 1u);
  EXPECT_LE(mapped_bytes() - before - positions, 64u * 1024);
  // One record more than there is room for ends in the second copy.
  std::string long_text(4096, 'x');
  for (uint64_t i = 0; i < kSize / 4096; ++i)
    ring.produce(long_text);
  EXPECT_EQ(count(), kSize / 4096);
  EXPECT_EQ(mapped_bytes() - before - positions, kSize + kAfterWrap);
  ring.produce("behind");
  EXPECT_EQ(count(), 1u);
}

}  // namespace
}  // namespace sonde::runtime
