// How results of ./dev bench become the tables of docs/performance.md.
#include "performance_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "results.h"

namespace sonde::bench {
namespace {

using testing::HasSubstr;

constexpr char kPage[] = "# Page\n<!-- bench rows: begin -->\n<!-- bench rows: end -->\nbetween\n"
                         "<!-- bench runs: begin -->\n<!-- bench runs: end -->\nbehind\n";
const Row kRun = {{"when", "2026-01-31"}, {"runs", "5"},   {"machine", "m"},
                  {"load", "0.10, 0.20"}, {"kernel", "k"}, {"sonde", "s"}};

// As the bench programs keep it.
std::string kept(const Result &result) {
  char *text = nullptr;
  size_t size = 0;
  std::FILE *file = open_memstream(&text, &size);
  keep(result, file);
  std::fclose(file);
  std::string line(text, size);
  std::free(text);
  return line;
}

Result result(const std::string &group, const std::string &work, Bar bar, double ours, double peer) {
  return {group, work, "ms", bar, {}, {figures_of("sonde", {ours}, 0), figures_of("old", {peer}, 0)}};
}

constexpr Bar kTen = {Bar::Kind::AtMost, 10};

TEST(Results, AreHeldAgainstTheirBar) {
  EXPECT_DOUBLE_EQ(share_of_bar(result("g", "w", kTen, 5, 100)), 0.5);
  EXPECT_DOUBLE_EQ(share_of_bar(result("g", "w", {Bar::Kind::AtLeast, 3}, 6, 1)), 0.5);
  EXPECT_DOUBLE_EQ(share_of_bar(result("g", "w", {Bar::Kind::OfBestPeer, 0.7}, 7, 20)), 0.5);
  EXPECT_TRUE(std::isnan(share_of_bar(result("g", "w", {}, 5, 100))));
  EXPECT_TRUE(std::isnan(share_of_bar(result("g", "w", {Bar::Kind::OfBestPeer, 0.7}, 5, kNothing))));
}

TEST(Results, TheBestPeerIsTheLeastOrTheMost) {
  Result times = result("g", "w", kTen, 5, 100);
  times.tools.push_back(figures_of("new", {50}, 0));
  times.tools.push_back(figures_of("broken", {}, 3));
  EXPECT_DOUBLE_EQ(best_peer(times), 50);
  times.bar.kind = Bar::Kind::AtLeast;
  times.tools.push_back(figures_of("slow", {kTooLong}, 0));
  EXPECT_DOUBLE_EQ(best_peer(times), 100);
}

TEST(PerformancePage, RowsThatMissComeFirst) {
  auto page =
      with_results(kPage,
                   parse_results(kept(result("start", "near", kTen, 9, 90)) + kept(result("start", "free", {}, 9, 90)) +
                                 kept(result("start", "late", kTen, 12, 90))),
                   kRun);
  ASSERT_TRUE(page);
  EXPECT_THAT(
      *page,
      HasSubstr(
          "<!-- bench rows: begin -->\n"
          "| of its bar | group | work | unit | bar | sonde | old | quartiles | to the best peer | why it misses |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
          "| 1.20 | start | `late` | ms | 10.0 | 12.0 | 90.0 | - | 0.13 | - |\n"
          "| 0.90 | start | `near` | ms | 10.0 | 9.00 | 90.0 | - | 0.10 | - |\n"
          "| - | start | `free` | ms | - | 9.00 | 90.0 | - | 0.10 | - |\n"
          "<!-- bench rows: end -->\nbetween\n"));
  EXPECT_THAT(*page,
              HasSubstr("| group | when | runs | machine | load | kernel | sonde |\n"
                        "| --- | --- | --- | --- | --- | --- | --- |\n"
                        "| start | 2026-01-31 | 5 | m | 0.10, 0.20 | k | s |\n<!-- bench runs: end -->\nbehind\n"));
}

TEST(PerformancePage, SomeRowsOfAGroupAreReplaced) {
  auto first = with_results(
      kPage, parse_results(kept(result("event", "one", kTen, 12, 90)) + kept(result("event", "two", kTen, 9, 90))),
      kRun);
  ASSERT_TRUE(first);
  Row some = kRun;
  some["group"] = "event: two";
  auto second = with_results(*first, parse_results(kept(result("event", "two", kTen, 4, 90))), some);
  ASSERT_TRUE(second);
  EXPECT_THAT(*second, HasSubstr("| 1.20 | event | `one` | ms | 10.0 | 12.0 | 90.0 | - | 0.13 | - |\n"
                                 "| 0.40 | event | `two` | ms | 10.0 | 4.00 | 90.0 | - | 0.04 | - |\n"
                                 "<!-- bench rows: end -->"));
  EXPECT_THAT(*second, HasSubstr("| event | 2026-01-31 | 5 | m | 0.10, 0.20 | k | s |\n"
                                 "| event: two | 2026-01-31 | 5 | m | 0.10, 0.20 | k | s |\n"));
  auto third = with_results(*second, parse_results(kept(result("event", "one", kTen, 1, 90))), kRun);
  ASSERT_TRUE(third);
  EXPECT_THAT(*third, testing::Not(HasSubstr("two")));
}

TEST(PerformancePage, OnlyMeasuredGroupsAreReplaced) {
  auto first =
      with_results(kPage,
                   parse_results(kept(result("start", "a", kTen, 9, 90)) + kept(result("start", "b", kTen, 1, 90)) +
                                 kept(result("print", "c | d", kTen, 5, 90))),
                   kRun);
  ASSERT_TRUE(first);
  Row later = kRun;
  later["when"] = "2026-02-01";
  auto second = with_results(*first, parse_results(kept(result("start", "a", kTen, 4, 90))), later);
  ASSERT_TRUE(second);
  EXPECT_THAT(*second, HasSubstr("| 0.50 | print | `c \\| d` |"));
  EXPECT_THAT(*second, HasSubstr("| 0.40 | start | `a` |"));
  EXPECT_THAT(*second, Not(HasSubstr("`b`"))) << "a row that is no longer measured";
  EXPECT_THAT(*second, HasSubstr("| print | 2026-01-31 |"));
  EXPECT_THAT(*second, HasSubstr("| start | 2026-02-01 |"));
  EXPECT_EQ(with_results(*second, parse_results(kept(result("start", "a", kTen, 4, 90))), later), second);
}

TEST(PerformancePage, ColumnsOfToolsThatAreGoneStayForOldRows) {
  auto first = with_results(kPage, parse_results(kept(result("print", "p", kTen, 5, 90))), kRun);
  ASSERT_TRUE(first);
  Result with_new = result("start", "a", kTen, 5, 90);
  with_new.tools[1].tool = "new";
  auto second = with_results(*first, parse_results(kept(with_new)), kRun);
  ASSERT_TRUE(second);
  EXPECT_THAT(*second, HasSubstr("| bar | sonde | new | old | quartiles |"));
  EXPECT_THAT(*second, HasSubstr("`p` | ms | 10.0 | 5.00 | - | 90.0 |"));
  EXPECT_THAT(*second, HasSubstr("`a` | ms | 10.0 | 5.00 | 90.0 | - |"));
}

TEST(PerformancePage, RunsThatFailedOrTookTooLongAreNamed) {
  auto page = with_results(
      kPage,
      parse_results(kept(result("attach", "a", kTen, 5, kTooLong)) + kept(result("attach", "b", kTen, kNothing, 5))),
      kRun);
  ASSERT_TRUE(page);
  EXPECT_THAT(*page, HasSubstr("| 0.50 | attach | `a` | ms | 10.0 | 5.00 | past a minute |"));
  EXPECT_THAT(*page, HasSubstr("| - | attach | `b` | ms | 10.0 | - | 5.00 |"));
}

TEST(PerformancePage, NeedsItsMarks) { EXPECT_FALSE(with_results("# Page\n", PageResults{}, kRun)); }

}  // namespace
}  // namespace sonde::bench
