// When ./dev baseline is content, and what it rewrites.
#include "baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kText[] = "# a comment\n"
                         "executed/start        1000 instructions executed\n"
                         "linux-5.10/bpf/hist     40 BPF instructions\n"
                         "linux-6.18/bpf/hist     20 BPF instructions\n";

Measured measured(uint64_t start, uint64_t hist) {
  Measured here;
  here.kernel = "linux-6.18";
  here.figures["executed/start"] = {start, "instructions executed"};
  here.figures["linux-6.18/bpf/hist"] = {hist, "BPF instructions"};
  return here;
}

std::vector<std::string> verdicts(const Measured &here, const std::string &text = kText) {
  const char *const kinds[] = {"pass", "fail", "skip"};
  std::vector<std::string> lines;
  for (const Verdict &verdict : compare(parse_baseline(text), here))
    lines.push_back(std::string(kinds[static_cast<int>(verdict.kind)]) + " " + verdict.name +
                    (verdict.why.empty() ? "" : ": " + verdict.why));
  return lines;
}

TEST(Baseline, FiguresOfOtherKernelsAreNotLookedFor) {
  EXPECT_THAT(verdicts(measured(1000, 20)), ElementsAre("pass executed/start", "pass linux-6.18/bpf/hist"));
}

TEST(Baseline, FivePercentMoreAreAllowed) {
  EXPECT_THAT(verdicts(measured(1050, 21)), ElementsAre("pass executed/start", "pass linux-6.18/bpf/hist"));
  EXPECT_THAT(
      verdicts(measured(1051, 22)),
      ElementsAre(
          "fail executed/start: 1051 instead of 1000, 5.1 percent more: ./dev baseline --update, if that has to be",
          "fail linux-6.18/bpf/hist: 22 instead of 20, 10.0 percent more: ./dev baseline --update, if that has to be"));
}

TEST(Baseline, WhatHasBecomeSmallerIsToldAndPasses) {
  EXPECT_THAT(
      verdicts(measured(900, 20)),
      ElementsAre("pass executed/start: 900 instead of 1000, 10.0 percent less: ./dev baseline --update keeps that",
                  "pass linux-6.18/bpf/hist"));
}

TEST(Baseline, WhatIsMissingOrNewFails) {
  Measured here = measured(1000, 20);
  here.figures.erase("executed/start");
  here.figures["executed/other"] = {1, "instructions executed"};
  here.broken.insert("executed/broken");
  EXPECT_THAT(verdicts(here), ElementsAre("fail executed/broken: it could not be measured",
                                          "fail executed/other: it is new: ./dev baseline --update adds it",
                                          "fail executed/start: it could not be measured", "pass linux-6.18/bpf/hist"));
}

TEST(Baseline, WhatIsSkippedIsCountedByFolder) {
  Measured here = measured(1000, 20);
  here.figures.erase("executed/start");
  here.skipped["executed"] = "valgrind is not installed";
  EXPECT_THAT(verdicts(here), ElementsAre("skip executed: valgrind is not installed", "pass linux-6.18/bpf/hist"));
}

TEST(Baseline, AnUnknownKernelIsSkipped) {
  Measured here = measured(1000, 20);
  here.kernel = "linux-7.2";
  here.figures.erase("linux-6.18/bpf/hist");
  here.figures["linux-7.2/bpf/hist"] = {99, "BPF instructions"};
  EXPECT_THAT(verdicts(here),
              ElementsAre("pass executed/start",
                          "skip linux-7.2: there are no figures of this kernel: ./dev baseline --update adds them"));
}

TEST(Baseline, RewritingKeepsCommentsOtherKernelsAndWhatHardlyMoved) {
  Measured here = measured(1009, 19);
  here.figures["executed/new"] = {7, "instructions executed"};
  Figures now = parse_baseline(rewritten(kText, here));
  EXPECT_TRUE(rewritten(kText, here).starts_with("# a comment\nexecuted/new "));
  EXPECT_EQ(now["executed/start"].number, 1000u) << "less than a percent";
  EXPECT_EQ(now["executed/new"].number, 7u);
  EXPECT_EQ(now["linux-5.10/bpf/hist"].number, 40u);
  EXPECT_EQ(now["linux-6.18/bpf/hist"].number, 19u);
  EXPECT_EQ(now["linux-6.18/bpf/hist"].unit, "BPF instructions");
  EXPECT_THAT(verdicts(here, rewritten(kText, here)), testing::Each(testing::StartsWith("pass")));
}

TEST(Baseline, RewritingForgetsWhatIsNoLongerMeasured) {
  Measured here = measured(1000, 20);
  here.figures.erase("executed/start");
  EXPECT_FALSE(parse_baseline(rewritten(kText, here)).contains("executed/start"));
  here.skipped["executed"] = "valgrind is not installed";
  EXPECT_TRUE(parse_baseline(rewritten(kText, here)).contains("executed/start"));
}

TEST(Baseline, FromAnEmptyFileEverythingIsAdded) {
  EXPECT_EQ(parse_baseline(rewritten("", measured(1, 2))).size(), 2u);
  EXPECT_THAT(parse_baseline(""), IsEmpty());
}

}  // namespace
}  // namespace sonde::bench
