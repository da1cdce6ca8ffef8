// Two rings read as one: control records at their place among the data.
#include "runtime/record_stream.h"

#include "fake_ring.h"

namespace sonde::runtime {
namespace {

using Texts = std::vector<std::string>;

class Stream : public testing::Test {
protected:
  // A control record: the position of data, then a letter.
  uint8_t *control(char letter, uint32_t bits = 0) {
    uint64_t position = data_.producer_position();
    std::string record(reinterpret_cast<const char *>(&position), sizeof position);
    return control_.produce(record + letter, bits);
  }
  Texts read() { return read_until(stream_.now()); }
  Texts read_until(const RecordStream::Mark &end) {
    Texts texts;
    stream_.read_until(end, [&](const uint8_t *data, uint32_t size) {
      std::string text(reinterpret_cast<const char *>(data), size);
      texts.push_back(size == 9 ? text.substr(8) : text);
    });
    return texts;
  }

  FakeRing data_, control_;
  RecordStream stream_{data_.open(), control_.open(), 0};
};

TEST_F(Stream, ControlComesAfterTheDataBeforeIt) {
  data_.produce("one");
  control('p');
  control('c');
  data_.produce("two");
  control('e');
  data_.produce("three");
  EXPECT_EQ(read(), (Texts{"one", "p", "c", "two", "e", "three"}));
  EXPECT_TRUE(stream_.has_reached(stream_.now()));
}

TEST_F(Stream, ControlWaitsForDataThatIsBeingWritten) {
  uint8_t *header = data_.produce("one", BPF_RINGBUF_BUSY_BIT);
  control('p');
  data_.produce("two");
  EXPECT_EQ(read(), Texts{});
  EXPECT_FALSE(stream_.has_reached(stream_.now()));
  FakeRing::finish(header);
  EXPECT_EQ(read(), (Texts{"one", "p", "two"}));
}

TEST_F(Stream, DataWaitsForControlThatIsBeingWritten) {
  uint8_t *header = control('p', BPF_RINGBUF_BUSY_BIT);
  data_.produce("one");
  EXPECT_EQ(read(), Texts{}) << "how much data is before the control record is not known";
  FakeRing::finish(header);
  EXPECT_EQ(read(), (Texts{"p", "one"}));
}

TEST_F(Stream, AMarkHoldsWhatWasSentBeforeIt) {
  data_.produce("one");
  RecordStream::Mark mark = stream_.now();
  data_.produce("two");
  control('p');
  EXPECT_EQ(read_until(mark), Texts{"one"});
  EXPECT_TRUE(stream_.has_reached(mark));
  EXPECT_EQ(read(), (Texts{"two", "p"}));
}

TEST_F(Stream, SkippedRecordsAreNotRead) {
  data_.produce("one");
  control('p');
  stream_.skip_until(stream_.now());
  data_.produce("two");
  EXPECT_EQ(read(), Texts{"two"});
}

TEST_F(Stream, PublishesBothAndTellsWhetherMoreCame) {
  data_.produce("one");
  control('p');
  read();
  EXPECT_FALSE(stream_.publish());
  EXPECT_EQ(control_.consumer_position(), control_.producer_position());
  control('q');
  EXPECT_TRUE(stream_.publish());
}

TEST(RecordStream, WithOneRingOrNone) {
  FakeRing ring;
  ring.produce("one");
  RecordStream data_alone(ring.open(), nullptr, 0);
  EXPECT_EQ(data_alone.read_until(data_alone.now(), [](const uint8_t *, uint32_t) {}), 1u);
  RecordStream nothing(nullptr, nullptr, 0);
  EXPECT_EQ(nothing.read_until(nothing.now(), [](const uint8_t *, uint32_t) {}), 0u);
  EXPECT_FALSE(nothing.publish());
}

}  // namespace
}  // namespace sonde::runtime
