// Programs that sonde runs itself: for a signal, under --test, under --bench.
#include <csignal>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

using NamedRunTest = TracerTest;

TEST_F(NamedRunTest, a_signal_runs_its_probe) {
  Outcome outcome =
      Sonde({"-e", R"(self:signal:SIGUSR1 { @hits = count(); printf("usr1\n") } self:signal:SIGUSR2 { exit(3) }
                                    begin { printf("ready\n") })"})
          .signal_after("Attached 3 probes", SIGUSR1)
          .signal_after("usr1", SIGUSR2)
          .run();
  EXPECT_EQ(outcome.text(), "ready\nusr1\n\n\n@hits: 1") << outcome;
  EXPECT_EQ(outcome.status, 3) << outcome;
}

TEST_F(NamedRunTest, tests_pass_by_returning_zero) {
  std::string script = R"(test:sums { if (1 + 1 != 2) { return 1; } }
                          test:differs { printf("seen\n"); return 2 }
                          begin { printf("not run\n") })";
  Outcome outcome = run_script(script, {"--test"});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.lines(), Contains(MatchesRegex("\\[       OK \\] sums \\([0-9]+ us\\)"))) << outcome;
  EXPECT_THAT(outcome.lines(), Contains(MatchesRegex("\\[  FAILED  \\] differs \\([0-9]+ us\\)"))) << outcome;
  EXPECT_THAT(outcome.lines(), Contains("seen")) << outcome;
  EXPECT_THAT(outcome.out, Not(HasSubstr("not run"))) << outcome;
  EXPECT_EQ(outcome.lines().back(), "[  FAILED  ] differs") << outcome;
  EXPECT_EQ(run_script("test:fine { @ = 1 }", {"--test"}).status, 0);
}

TEST_F(NamedRunTest, benchmarks_say_what_a_run_takes) {
  Outcome outcome = run_script("bench:store { @ = 1 } bench:nothing { }", {"--bench"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.lines(), Contains(MatchesRegex("store +[0-9]+[.][0-9] +[0-9]+"))) << outcome;
  EXPECT_THAT(outcome.lines(), Contains(MatchesRegex("nothing +[0-9]+[.][0-9] +[0-9]+"))) << outcome;
}

TEST_F(NamedRunTest, take_no_part_in_an_ordinary_run) {
  Outcome outcome =
      run_script(R"(test:t { printf("test\n") } bench:b { printf("bench\n") } begin { printf("begin\n") })");
  EXPECT_EQ(outcome.text(), "begin") << outcome;
  EXPECT_EQ(outcome.err, "Attached 1 probe\n") << outcome;
}

TEST_F(NamedRunTest, wrong_uses) {
  EXPECT_THAT(run_script("begin { }", {"--test"}).err, HasSubstr("the script has no test probe"));
  EXPECT_THAT(run_script("begin { }", {"--bench"}).err, HasSubstr("the script has no bench probe"));
  EXPECT_THAT(run_script("begin { }", {"--bench", "--test"}).err, HasSubstr("--test and --bench exclude each other"));
  EXPECT_THAT(run_script("test:t { for ($i : 0..3) { return 1 } }", {"--test"}).err,
              HasSubstr("a test cannot return its result from inside a loop"));
}

}  // namespace
}  // namespace sonde::test
