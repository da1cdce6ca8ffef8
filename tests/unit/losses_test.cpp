// What is said of the counters that programs share with the reader.
#include "runtime/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "fake_surroundings.h"
#include "runtime/json_records.h"

namespace sonde::runtime {
namespace {

image::ProgramImage image_of_two() {
  image::ProgramImage image;
  image.programs.resize(2);
  image.programs[0].provider = image::ProviderKind::Uprobe;
  image.programs[0].targets.emplace_back().name = "uprobe:a:f";
  image.programs[1].provider = image::ProviderKind::End;
  image.programs[1].targets.emplace_back().name = "end";
  image.maps.push_back({"@m", "AT_m", Type::int64(), Type::int64(), image::MapStorage::Hash, 4});
  image.failure_sites.push_back({"map_update_elem", 0, 0u, {8, 14}});
  image.source_name = "x.bt";
  image.source_text = "BEGIN {\n@m[$i] = 1 }";
  return image;
}

class LossWordsTest : public testing::Test {
protected:
  std::string taken() { return std::exchange(output_.text(), {}); }
  std::string report() {
    losses_.report(&json_);
    return taken();
  }

  FakeSurroundings fake_;
  Output output_{-1};
  JsonRecords json_{output_, fake_.around, false};
  image::ProgramImage image_ = image_of_two();
  uint64_t words_[5] = {};  // two programs, stacks, one site
  Losses losses_{image_, words_};
};

TEST_F(LossWordsTest, NothingIsSaidOfNothing) {
  EXPECT_EQ(report(), "");
  EXPECT_FALSE(losses_.any());
}

TEST_F(LossWordsTest, OnlyWhatIsNewIsReported) {
  words_[0] = 3;
  words_[1] = 2;
  EXPECT_EQ(report(), "{\"type\": \"lost_events\", \"count\": 5, \"data\": {\"events\": 5}}\n");
  EXPECT_EQ(report(), "");
  words_[0] = 4;
  EXPECT_EQ(report(), "{\"type\": \"lost_events\", \"count\": 1, \"data\": {\"events\": 1}}\n");
  EXPECT_EQ(losses_.events(), 6u);
}

TEST_F(LossWordsTest, FailuresHaveTheirPlaceAndCode) {
  words_[3] = 20;
  words_[4] = static_cast<uint64_t>(-7);
  EXPECT_EQ(report(),
            "{\"type\": \"helper_error\", \"msg\": \"Argument list too long\", \"helper\": "
            "\"map_update_elem\", \"retcode\": -7, \"filename\": \"x.bt\", \"line\": 2, \"col\": 1, \"count\": 20}\n");
  EXPECT_EQ(losses_.failures(), 20u);
}

TEST_F(LossWordsTest, AfterTheEndOnlyEndProgramsCount) {
  words_[0] = 1;
  losses_.count_end_alone(&json_);
  EXPECT_NE(taken(), "");
  words_[0] = 100;
  words_[1] = 2;
  words_[2] = 50;
  words_[3] = 7;
  EXPECT_EQ(report(), "{\"type\": \"lost_events\", \"count\": 2, \"data\": {\"events\": 2}}\n");
  EXPECT_EQ(losses_.events(), 3u);
  EXPECT_EQ(losses_.stacks(), 0u);
}

TEST_F(LossWordsTest, MissedRunsAreLosses) {
  losses_.set_missed_runs({4, 0});
  losses_.report_last(&json_);
  EXPECT_EQ(taken(), "{\"type\": \"missed_runs\", \"count\": 4, \"data\": {\"uprobe:a:f\": 4}}\n");
  EXPECT_TRUE(losses_.any());
}

TEST(Losses, AnObjectWithoutCountersLosesNothing) {
  image::ProgramImage image = image_of_two();
  Losses losses(image, nullptr);
  losses.report_last(nullptr);
  EXPECT_FALSE(losses.any());
}

}  // namespace
}  // namespace sonde::runtime
