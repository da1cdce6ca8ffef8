// Order of entries by their ranks.
#include "runtime/rank_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace sonde::runtime {
namespace {

std::vector<size_t> indices(const std::vector<Ranked> &order) {
  std::vector<size_t> all;
  for (const Ranked &entry : order)
    all.push_back(entry.index);
  return all;
}

TEST(RankSort, OrdersAsComparingDoes) {
  std::mt19937_64 random(1);
  for (uint64_t mask : {uint64_t{0}, uint64_t{7}, uint64_t{0xff00ff}, UINT64_MAX}) {
    std::vector<Ranked> order(1000);
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = {random() & mask, random() & mask, i};
    std::vector<Ranked> expected = order;
    std::stable_sort(expected.begin(), expected.end(), [](const Ranked &a, const Ranked &b) {
      return std::tie(a.rank, a.key_rank) < std::tie(b.rank, b.key_rank);
    });
    sort_by_ranks(order);
    EXPECT_EQ(indices(order), indices(expected)) << mask;
  }
}

TEST(RankSort, OfNothingIsNothing) {
  std::vector<Ranked> order;
  sort_by_ranks(order);
  EXPECT_TRUE(order.empty());
}

}  // namespace
}  // namespace sonde::runtime
