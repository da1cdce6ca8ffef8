// Maps as text, and merging of what each CPU counted, from recorded bytes. The expected texts are
// what bpftrace 0.27 prints.
#include "runtime/print_map.h"

#include <gtest/gtest.h>

#include "fake_surroundings.h"
#include "runtime/merge_values.h"
#include "types/histogram.h"

namespace sonde::runtime {
namespace {

using Entry = std::pair<std::vector<uint8_t>, std::vector<uint8_t>>;

class PrintMap : public testing::Test {
protected:
  std::string print(const Type &key, const Type &value, const std::vector<Entry> &entries,
                    const PrintMapOptions &options = {}) {
    image::MapSpec map{"@x", "AT_x", key, value, image::MapStorage::Hash, 100};
    MapEntries content;
    content.key_size = key.size;
    content.value_size = value.size;
    for (const auto &[key_bytes, value_bytes] : entries) {
      EXPECT_EQ(key_bytes.size(), key.size);
      EXPECT_EQ(value_bytes.size(), value.size);
      content.keys.insert(content.keys.end(), key_bytes.begin(), key_bytes.end());
      content.values.insert(content.values.end(), value_bytes.begin(), value_bytes.end());
      ++content.count;
    }
    std::string out;
    append_map(out, map, content, options, fake.around);
    return out;
  }

  std::string print_numbers(const std::vector<std::pair<int64_t, int64_t>> &entries,
                            const PrintMapOptions &options = {}) {
    std::vector<Entry> bytes;
    for (auto [key, value] : entries)
      bytes.push_back({bytes_of(key), bytes_of(value)});
    return print(Type::int64(), Type::int64(), bytes, options);
  }

  static std::vector<uint8_t> hist(uint32_t bits, const std::vector<int64_t> &values) {
    std::vector<uint64_t> slots(hist_bucket_count(bits));
    for (int64_t value : values)
      ++slots[hist_bucket(value, bits)];
    const auto *begin = reinterpret_cast<const uint8_t *>(slots.data());
    return {begin, begin + slots.size() * 8};
  }

  static std::vector<uint8_t> lhist(const LinearBuckets &buckets, const std::vector<int64_t> &values) {
    std::vector<uint64_t> slots(buckets.count());
    for (int64_t value : values)
      ++slots[lhist_bucket(value, buckets)];
    const auto *begin = reinterpret_cast<const uint8_t *>(slots.data());
    return {begin, begin + slots.size() * 8};
  }

  FakeSurroundings fake;
};

const std::string kFullBar = "|@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n";
const std::string kNoBar = "|                                                    |\n";

TEST_F(PrintMap, ScalarsHaveNoBrackets) {
  EXPECT_EQ(print(Type::none(), Type::int64(), {{{}, bytes_of(int64_t{-5})}}), "@x: -5\n");
}

TEST_F(PrintMap, AscendingByValueThenByKey) {
  EXPECT_EQ(print_numbers({{3, 5}, {-1, 5}, {2, 5}, {7, 1}, {9, -4}}),
            "@x[9]: -4\n@x[7]: 1\n@x[-1]: 5\n@x[2]: 5\n@x[3]: 5\n");
}

TEST_F(PrintMap, UnsignedValuesSortAsSuch) {
  EXPECT_EQ(print(Type::int64(), Type::uint64(),
                  {{bytes_of(int64_t{1}), bytes_of(UINT64_MAX)}, {bytes_of(int64_t{2}), bytes_of(uint64_t{5})}}),
            "@x[2]: 5\n@x[1]: 18446744073709551615\n");
}

TEST_F(PrintMap, TextSortsByKey) {
  Type key = Type::tuple({Type::integer(32, false), Type::string(4)});
  auto make = [](uint32_t number, const char *text) { return bytes_of(number) + text_bytes(text, 4); };
  EXPECT_EQ(
      print(
          key, Type::string(4),
          {{make(2, "a"), text_bytes("x", 4)}, {make(1, "b"), text_bytes("y", 4)}, {make(1, "a"), text_bytes("z", 4)}}),
      "@x[1, a]: z\n@x[1, b]: y\n@x[2, a]: x\n");
}

TEST_F(PrintMap, TopKeepsTheLargestAndDivisorDivides) {
  EXPECT_EQ(print_numbers({{1, 100}, {2, 500}, {3, 309}}, {2, 10}), "@x[3]: 30\n@x[2]: 50\n");
  EXPECT_EQ(print_numbers({{1, 100}}, {5, 1}), "@x[1]: 100\n");
}

TEST_F(PrintMap, StatsSortByAverageAndKeepTheirTotalUndivided) {
  Type stats = Type::average(TypeKind::Stats, true);
  std::vector<Entry> entries = {{bytes_of(int64_t{1}), bytes_of(int64_t{100}, uint64_t{1})},
                                {bytes_of(int64_t{2}), bytes_of(int64_t{10}, uint64_t{2})}};
  EXPECT_EQ(print(Type::int64(), stats, entries), "@x[2]: { .count = 2, .average = 5, .total = 10 }\n"
                                                  "@x[1]: { .count = 1, .average = 100, .total = 100 }\n");
  EXPECT_EQ(print(Type::int64(), stats, entries, {1, 3}), "@x[1]: { .count = 1, .average = 33, .total = 100 }\n");
}

TEST_F(PrintMap, Log2Histogram) {
  EXPECT_EQ(print(Type::none(), Type::hist(0), {{{}, hist(0, {5, 5, 500})}}),
            "@x:\n"
            "[4, 8)                 2 " +
                kFullBar + "[8, 16)                0 " + kNoBar + "[16, 32)               0 " + kNoBar +
                "[32, 64)               0 " + kNoBar + "[64, 128)              0 " + kNoBar +
                "[128, 256)             0 " + kNoBar +
                "[256, 512)             1 |@@@@@@@@@@@@@@@@@@@@@@@@@@                          |\n\n");
  EXPECT_EQ(print(Type::none(), Type::hist(0), {{{}, hist(0, {-1, 0, 1})}}),
            "@x:\n(..., 0)               1 " + kFullBar + "[0]                    1 " + kFullBar +
                "[1]                    1 " + kFullBar + "\n");
}

TEST_F(PrintMap, HistogramLabelsInUnits) {
  auto label = [&](uint32_t bits, int64_t value) {
    std::string text = print(Type::none(), Type::hist(bits), {{{}, hist(bits, {value})}});
    return text.substr(4, text.find(')') - 3);
  };
  EXPECT_EQ(label(0, 1000), "[512, 1K)");
  EXPECT_EQ(label(0, 1024), "[1K, 2K)");
  EXPECT_EQ(label(0, 100000000), "[64M, 128M)");
  EXPECT_EQ(label(0, INT64_C(1) << 59), "[512P, 1E)");
  EXPECT_EQ(label(1, 1500), "[1024, 1536)");
  EXPECT_EQ(label(2, 2000), "[1792, 2048)");
  EXPECT_EQ(label(2, 3000), "[2560, 3072)");
  EXPECT_EQ(label(2, 4000), "[3584, 4K)");
  EXPECT_EQ(label(2, 4000000), "[3584K, 4M)");
  EXPECT_EQ(label(2, 5000), "[4K, 5K)");
  EXPECT_EQ(label(2, 1100000), "[1024K, 1280K)");
  EXPECT_EQ(label(2, 10000000), "[8M, 10M)");
}

TEST_F(PrintMap, LinearHistogram) {
  LinearBuckets buckets{0, 10, 5};
  EXPECT_EQ(print(Type::int64(), Type::lhist(buckets), {{bytes_of(int64_t{1}), lhist(buckets, {-1, 3, 13})}}),
            "@x[1]:\n(..., 0)               1 " + kFullBar + "[0, 5)                 1 " + kFullBar +
                "[5, 10)                0 " + kNoBar + "[10, ...)              1 " + kFullBar + "\n");
  LinearBuckets kilo{0, 10240, 1024};
  EXPECT_EQ(print(Type::none(), Type::lhist(kilo), {{{}, lhist(kilo, {1500})}}),
            "@x:\n[1K, 2K)               1 " + kFullBar + "\n");
  LinearBuckets half{512, 10240, 512};
  EXPECT_EQ(print(Type::none(), Type::lhist(half), {{{}, lhist(half, {1500})}}),
            "@x:\n[1024, 1536)           1 " + kFullBar + "\n");
}

TEST_F(PrintMap, ALinearHistogramsLastRowStartsWhereItsStepsEnd) {
  LinearBuckets buckets{0, 10, 3};
  EXPECT_EQ(print(Type::none(), Type::lhist(buckets), {{{}, lhist(buckets, {8, 9})}}),
            "@x:\n[6, 9)                 1 " + kFullBar + "[9, ...)               1 " + kFullBar + "\n");
}

TEST_F(PrintMap, HistogramsSortByTheirSumAndDivideTheirCounts) {
  std::vector<Entry> entries = {{bytes_of(int64_t{1}), hist(0, {5, 5, 5})}, {bytes_of(int64_t{2}), hist(0, {1})}};
  EXPECT_EQ(print(Type::int64(), Type::hist(0), entries, {0, 2}),
            "@x[2]:\n[1]                    0 " + kNoBar + "\n@x[1]:\n[4, 8)                 1 " + kFullBar + "\n");
}

TEST_F(PrintMap, ZeroedHistogramsShowOnlyTheirName) {
  EXPECT_EQ(print(Type::none(), Type::hist(0), {{{}, hist(0, {})}}), "@x:\n\n");
}

TEST_F(PrintMap, WideLabelsPushTheCountAside) {
  LinearBuckets buckets{1000000, 2000000, 100000};
  EXPECT_EQ(print(Type::none(), Type::lhist(buckets), {{{}, lhist(buckets, {1000001})}}),
            "@x:\n[1000000, 1100000)       1 " + kFullBar + "\n");
}

std::vector<uint8_t> merged(const Type &type, const std::vector<std::vector<uint8_t>> &cpus) {
  std::vector<uint8_t> all, out(type.size);
  uint32_t stride = (type.size + 7) / 8 * 8;
  for (std::vector<uint8_t> value : cpus) {
    value.resize(stride);
    all = all + value;
  }
  merge_values(type, all.data(), static_cast<uint32_t>(cpus.size()), stride, out.data());
  return out;
}

TEST(MergeValues, CountsSumsAveragesAdd) {
  EXPECT_EQ(merged(Type::count_aggregate(), {bytes_of(uint64_t{3}), bytes_of(uint64_t{4})}), bytes_of(uint64_t{7}));
  EXPECT_EQ(merged(Type::sum(true), {bytes_of(int64_t{-3}), bytes_of(int64_t{1})}), bytes_of(int64_t{-2}));
  EXPECT_EQ(merged(Type::average(TypeKind::Avg, true),
                   {bytes_of(int64_t{10}, uint64_t{1}), bytes_of(int64_t{-2}, uint64_t{3})}),
            bytes_of(int64_t{8}, uint64_t{4}));
  EXPECT_EQ(merged(Type::integer(32, true), {bytes_of(int32_t{-5}), bytes_of(int32_t{2})}), bytes_of(int32_t{-3}));
}

TEST(MergeValues, ExtremaSkipCpusThatSawNothing) {
  Type least = Type::extremum(TypeKind::Min, true), most = Type::extremum(TypeKind::Max, true);
  std::vector<uint8_t> unset = bytes_of(int64_t{0}, uint64_t{0});
  std::vector<uint8_t> minus = bytes_of(int64_t{-4}, uint64_t{1}), five = bytes_of(int64_t{5}, uint64_t{1});
  EXPECT_EQ(merged(least, {unset, five, unset}), five);
  EXPECT_EQ(merged(least, {five, minus, unset}), minus);
  EXPECT_EQ(merged(most, {minus, unset}), minus);
  EXPECT_EQ(merged(most, {minus, five}), five);
  // As unsigned numbers -4 is the larger one.
  EXPECT_EQ(merged(Type::extremum(TypeKind::Max, false), {minus, five}), minus);
  EXPECT_EQ(merged(most, {unset, unset}), unset);
}

TEST(MergeValues, HistogramsAddSlotBySlot) {
  Type type = Type::lhist({0, 2, 1});
  EXPECT_EQ(merged(type, {bytes_of(uint64_t{1}, uint64_t{0}, uint64_t{2}, uint64_t{0}),
                          bytes_of(uint64_t{0}, uint64_t{5}, uint64_t{1}, uint64_t{0})}),
            bytes_of(uint64_t{1}, uint64_t{5}, uint64_t{3}, uint64_t{0}));
}

TEST(MergeValues, OfTextTheFirstCpuWins) {
  EXPECT_EQ(merged(Type::string(4), {text_bytes("", 4), text_bytes("ab", 4), text_bytes("cd", 4)}),
            text_bytes("ab", 4));
}

}  // namespace
}  // namespace sonde::runtime
