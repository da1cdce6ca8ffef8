// Time series from recorded slots: merged over CPUs, as charts, as JSON. The charts are what bpftrace 0.27 prints.
#include "runtime/time_series.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include "runtime/merge_values.h"

namespace sonde::runtime {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1000 * kMillisecond;
// 2026-01-31 10:41:46 UTC
constexpr uint64_t kStartNs = 1769856106 * kSecond;

struct Given {
  uint64_t interval;  // after the start
  int64_t value;
  uint64_t weight = 1;
};

class TimeSeriesTest : public testing::Test {
protected:
  void SetUp() override {
    setenv("TZ", "UTC0", 1);
    tzset();
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }

  static Type series(uint64_t interval_ns, uint32_t count, SeriesValue value = SeriesValue::Last,
                     bool is_signed = true) {
    return Type::time_series({interval_ns, count, value}, is_signed);
  }

  static std::vector<uint8_t> slots(const Type &type, const std::vector<Given> &given) {
    std::vector<uint8_t> bytes(type.size);
    for (const Given &one : given) {
      SeriesSlot slot{kStartNs / type.series.interval_ns + one.interval, static_cast<uint64_t>(one.value), one.weight};
      std::memcpy(bytes.data() + slot.interval % type.series.count * kSeriesSlotSize, &slot, sizeof slot);
    }
    return bytes;
  }

  static std::string chart(const Type &type, const std::vector<Given> &given, uint32_t divisor = 1) {
    std::string out;
    append_series_chart(out, type, slots(type, given).data(), divisor);
    return out;
  }
  static std::string json(const Type &type, const std::vector<uint8_t> &bytes, uint32_t divisor = 1) {
    std::string out;
    append_series_json(out, type, bytes.data(), divisor);
    return out;
  }
};

TEST_F(TimeSeriesTest, gaps_are_rows_without_a_mark) {
  EXPECT_EQ(chart(series(100 * kMillisecond, 10), {{0, 0}, {3, 3}, {6, 6}}),
            "             0                                                   6\n"
            "hh:mm:ss.ms  |___________________________________________________|\n"
            "10:41:46.000 *                                                   | 0\n"
            "10:41:46.100 |                                                   | -\n"
            "10:41:46.200 |                                                   | -\n"
            "10:41:46.300 |                         *                         | 3\n"
            "10:41:46.400 |                                                   | -\n"
            "10:41:46.500 |                                                   | -\n"
            "10:41:46.600 |                                                   * 6\n"
            "             v___________________________________________________v\n"
            "             0                                                   6\n");
}

TEST_F(TimeSeriesTest, zero_within_the_scale_has_a_line) {
  EXPECT_EQ(chart(series(100 * kMillisecond, 10), {{0, -4}, {3, -1}, {4, 2}}),
            "             -4                                                  2\n"
            "hh:mm:ss.ms  |___________________________________________________|\n"
            "10:41:46.000 *                                  .                | -4\n"
            "10:41:46.100 |                                  .                | -\n"
            "10:41:46.200 |                                  .                | -\n"
            "10:41:46.300 |                         *        .                | -1\n"
            "10:41:46.400 |                                  .                * 2\n"
            "             v___________________________________________________v\n"
            "             -4                                                  2\n");
}

// Values as far apart as they get are no harder than others.
TEST_F(TimeSeriesTest, the_whole_range_of_numbers_fits) {
  std::string text = chart(series(kSecond, 3), {{0, INT64_MIN}, {1, 0}, {2, INT64_MAX}});
  EXPECT_NE(text.find("         -9223372036854775808              9223372036854775807\n"), std::string::npos) << text;
  EXPECT_NE(text.find("10:41:47 |                         *                         | 0\n"), std::string::npos) << text;
  text = chart(series(kSecond, 3, SeriesValue::Max, false), {{0, -1}});
  EXPECT_NE(text.find("18446744073709551614             18446744073709551615\n"), std::string::npos) << text;
}

TEST_F(TimeSeriesTest, times_are_as_exact_as_the_intervals) {
  auto row = [](uint64_t interval_ns) {
    std::string text = chart(series(interval_ns, 4), {{0, 1}, {1, 2}});
    return text.substr(text.find("10:41:46"), text.find(" *") - text.find("10:41:46"));
  };
  EXPECT_EQ(row(2 * kSecond), "10:41:46");
  EXPECT_EQ(row(50 * kMillisecond), "10:41:46.000");
  EXPECT_EQ(row(1000), "10:41:46.000000");
  EXPECT_EQ(row(1), "10:41:46.000000000");
}

TEST_F(TimeSeriesTest, an_interval_alone_is_written_exactly) {
  EXPECT_EQ(chart(series(kSecond, 10), {{0, 1}}),
            "                   0                                                   2\n"
            "hh:mm:ss.ns        |___________________________________________________|\n"
            "10:41:46.000000000 |                         *                         | 1\n"
            "                   v___________________________________________________v\n"
            "                   0                                                   2\n");
}

TEST_F(TimeSeriesTest, nothing_is_shown_as_such) {
  EXPECT_EQ(chart(series(kSecond, 10), {}), "<no data>\n");
  EXPECT_EQ(json(series(kSecond, 10), slots(series(kSecond, 10), {})), "[]");
}

TEST_F(TimeSeriesTest, intervals_that_are_too_old_are_left_out) {
  // Interval 0's slot was not needed again, but by now four others are newer.
  Type type = series(kSecond, 4);
  std::vector<SeriesPoint> points = series_points(type, slots(type, {{0, 1}, {5, 2}, {6, 3}}).data());
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].value, 2u);
  EXPECT_EQ(points[0].start_ns, static_cast<int64_t>(kStartNs + 5 * kSecond));
}

TEST_F(TimeSeriesTest, averages_divide_and_so_does_print) {
  Type type = series(kSecond, 4, SeriesValue::Avg);
  std::vector<uint8_t> bytes = slots(type, {{0, -90, 3}, {1, 100, 2}});
  EXPECT_EQ(json(type, bytes), R"([{"interval_start":"2026-01-31 10:41:46.000000000","value":-30},)"
                               R"({"interval_start":"2026-01-31 10:41:47.000000000","value":50}])");
  EXPECT_NE(json(type, bytes, 10).find("\"value\":-3}"), std::string::npos);
}

TEST_F(TimeSeriesTest, what_cpus_kept_becomes_one) {
  auto merged = [](SeriesValue value, bool is_signed = true) {
    Type type = series(kSecond, 4, value, is_signed);
    std::vector<uint8_t> cpus = slots(type, {{1, -5, 2}, {2, 7, 1}});
    std::vector<uint8_t> second = slots(type, {{1, 3, 4}, {6, 9, 1}});  // 6 has the slot of 2
    cpus.insert(cpus.end(), second.begin(), second.end());
    std::vector<uint8_t> out(type.size);
    merge_values(type, cpus.data(), 2, type.size, out.data());
    std::vector<SeriesPoint> points = series_points(type, out.data());
    // Interval 1 is older than the four up to 6: look at its slot.
    SeriesSlot slot;
    std::memcpy(&slot, out.data() + (kStartNs / kSecond + 1) % 4 * kSeriesSlotSize, sizeof slot);
    EXPECT_EQ(points.size(), 1u);
    EXPECT_EQ(points.back().value, 9u);
    return slot;
  };
  EXPECT_EQ(static_cast<int64_t>(merged(SeriesValue::Sum).value), -2);
  EXPECT_EQ(merged(SeriesValue::Avg).weight, 6u);
  EXPECT_EQ(static_cast<int64_t>(merged(SeriesValue::Min).value), -5);
  EXPECT_EQ(merged(SeriesValue::Max).value, 3u);
  EXPECT_EQ(static_cast<int64_t>(merged(SeriesValue::Max, false).value), -5) << "unsigned: the largest of all";
  EXPECT_EQ(merged(SeriesValue::Last).value, 3u) << "that with the later time";
}

}  // namespace
}  // namespace sonde::runtime
