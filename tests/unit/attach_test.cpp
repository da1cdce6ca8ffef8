// The order in which attachments are taken back.
#include "runtime/attach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace sonde::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class Detaching : public testing::Test {
protected:
  class Recorded : public probes::Attachment {
  public:
    Recorded(Detaching &test, std::string name) : test_(test), name_(std::move(name)) {}
    ~Recorded() override {
      std::lock_guard lock(test_.mutex_);
      test_.gone_.push_back(name_);
    }

  private:
    Detaching &test_;
    std::string name_;
  };

  void hold(const std::string &name, bool is_raw_tracepoint) {
    all_.push_back({std::make_unique<Recorded>(*this, name), is_raw_tracepoint});
  }

  std::mutex mutex_;
  std::vector<std::string> gone_;
  std::vector<HeldAttachment> all_;
};

TEST_F(Detaching, RawTracepointsGoBackwards) {
  for (const char *name : {"first", "second", "third"})
    hold(name, true);
  detach(all_);
  EXPECT_THAT(gone_, ElementsAre("third", "second", "first"));
  EXPECT_TRUE(all_.empty());
}

TEST_F(Detaching, WhatWaitsFollowsThem) {
  hold("kprobe", false);
  hold("raw", true);
  hold("uprobe", false);
  detach(all_);
  ASSERT_EQ(gone_.size(), 3u);
  EXPECT_EQ(gone_.front(), "raw");
  gone_.erase(gone_.begin());
  EXPECT_THAT(gone_, UnorderedElementsAre("kprobe", "uprobe"));
}

}  // namespace
}  // namespace sonde::runtime
