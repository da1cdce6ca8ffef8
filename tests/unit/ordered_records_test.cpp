// Records by time: what comes out when, and in which order.
#include "runtime/ordered_records.h"

#include <gtest/gtest.h>

#include "fake_surroundings.h"

namespace sonde::runtime {
namespace {

class Ordered : public testing::Test {
protected:
  void add(uint64_t time_ns) {
    std::vector<uint8_t> record = bytes_of(uint32_t{1}, uint32_t{0}, time_ns, uint32_t{5}, uint32_t{6}, uint64_t{0});
    records_.add(record.data(), static_cast<uint32_t>(record.size()));
  }
  auto collect() {
    return [this](const uint8_t *record, uint32_t size) {
      EXPECT_EQ(size, 32u);
      uint64_t time_ns;
      std::memcpy(&time_ns, record + 8, sizeof time_ns);
      out_.push_back(time_ns);
    };
  }
  std::vector<uint64_t> end_batch() {
    out_.clear();
    records_.end_batch(collect());
    return out_;
  }
  std::vector<uint64_t> finish() {
    out_.clear();
    records_.finish(collect());
    return out_;
  }

  using Times = std::vector<uint64_t>;
  OrderedRecords records_;
  Times out_;
};

TEST_F(Ordered, ABatchWaitsForTheNextOne) {
  add(20);
  add(10);
  EXPECT_EQ(end_batch(), Times{});
  add(30);
  add(15);
  EXPECT_EQ(end_batch(), (Times{10, 15, 20}));
  EXPECT_EQ(end_batch(), Times{30});
  EXPECT_TRUE(records_.is_empty());
}

TEST_F(Ordered, TheRestComesAtTheEnd) {
  add(2);
  end_batch();
  add(3);
  add(1);
  EXPECT_EQ(finish(), (Times{1, 2, 3}));
}

TEST_F(Ordered, WhatIsHeldIsKeptWhole) {
  for (uint64_t time = 100; time > 0; --time)
    add(time);
  end_batch();
  add(101);
  EXPECT_EQ(end_batch().size(), 100u);
  EXPECT_EQ(finish(), Times{101});
}

}  // namespace
}  // namespace sonde::runtime
