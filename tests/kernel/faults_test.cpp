// Runs whose surroundings fail them: terminals that are slow or watched, readers that stop, impatient users, processes
// that are gone before anyone looks at them. Nothing is lost uncounted, nothing hangs, nothing stays behind.
#include <fmt/format.h>

#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::AnyOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class FaultsTest : public TracerTest {};

uint64_t count_of(const std::string &text, const std::string &what) {
  uint64_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

std::string flood(const std::string &action) {
  return "config = { perf_rb_pages = 1 } uprobe:" + program("traced") + ":traced_add { unroll (100) { " + action +
         " } }";
}

// ---- Terminals ----

constexpr const char *kRed = "\033[31m";

// More lines at once than the ring buffer holds: something is lost before the first second is over.
const char *const kLossyScript = R"(config = { perf_rb_pages = 1 }
  interval:ms:50 { unroll (100) { printf("%s\n", "a line that fills a small buffer when there are many of it") } }
  interval:s:3 { exit() })";

TEST_F(FaultsTest, a_terminal_has_a_status_line_that_is_renewed) {
  Outcome outcome = Sonde({"--status", "-e", kLossyScript}).errors_to_terminal().run();
  EXPECT_THAT(outcome.err, ContainsRegex("\r\033\\[K[0-9]+ events, [0-9]+/s, ")) << outcome;
  EXPECT_GT(count_of(outcome.err, "\r\033[K"), 2u) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(kRed)) << "losses are red";
  EXPECT_THAT(outcome.out, Not(HasSubstr("\033")));
}

TEST_F(FaultsTest, colours_are_for_terminals_and_for_who_wants_them) {
  EXPECT_THAT(Sonde({"--status", "-e", kLossyScript}).run().err, Not(HasSubstr("\033")));
  Outcome plain = Sonde({"--status", "-e", kLossyScript}).errors_to_terminal().environment("NO_COLOR", "1").run();
  EXPECT_THAT(plain.err, Not(HasSubstr(kRed)));
  EXPECT_THAT(plain.err, HasSubstr("\r\033[K")) << "a line is renewed, whatever its colour";
  EXPECT_THAT(Sonde({"-e", "BEGIN { nothing }"}).errors_to_terminal().run().err, HasSubstr("\033["));
  EXPECT_THAT(Sonde({"-e", "BEGIN { nothing }"}).errors_to_terminal().environment("NO_COLOR", "1").run().err,
              Not(HasSubstr("\033[")));
}

TEST_F(FaultsTest, a_slow_terminal_loses_nothing_uncounted) {
  Outcome outcome = Sonde({"-e", flood(R"(printf("%d is a line for a terminal\n", arg0))"), "-c", traced("add 500")})
                        .output_to_terminal()
                        .stall_output(1)
                        .run();
  uint64_t lost = sum_of(outcome.err, "Lost ([0-9]+) events?\n");
  EXPECT_EQ(count_of(outcome.out, "is a line for a terminal\n") + lost, 50'000u) << outcome.err;
  EXPECT_GT(lost, 0u);
  EXPECT_EQ(outcome.status, 0);
}

// ---- Signals ----

// What it writes is more than the pipe and one read of ours take: it waits in a write when the signals come.
TEST_F(FaultsTest, a_second_signal_ends_a_run_whose_output_nobody_reads) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Outcome outcome = Sonde({"-q", "-e", R"(BEGIN { unroll (100) { printf("wide%5000s\n", "x") } }
                                            interval:s:1 { } END { printf("end\n") })"})
                          .stall_output(1000)
                          .signal_again_after("wide", signal)
                          .run();
    EXPECT_FALSE(outcome.timed_out);
    EXPECT_EQ(outcome.status, 128 + signal);
    EXPECT_EQ(outcome.out.find("end"), std::string::npos) << "all was written";
  }
}

TEST_F(FaultsTest, a_signal_during_the_end_changes_nothing_or_ends_it) {
  Outcome outcome = Sonde({"-q", "-e", R"(BEGIN { @x = 1; exit() } END { printf("end\n"); })", "-B", "none"})
                        .signal_after("end", SIGINT)
                        .run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_THAT(outcome.status, AnyOf(0, 128 + SIGINT)) << outcome;
}

TEST_F(FaultsTest, a_signal_during_a_flood_drains_what_was_sent) {
  Outcome outcome = Sonde({"-q", "-e",
                           "uprobe:" + program("traced") +
                               R"(:traced_add { @sent = count(); printf("x\n") }
                                              END { printf("end\n") })",
                           "-c", traced("add 2000000000")})
                        .signal_after("x\n", SIGTERM)
                        .run();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("x\nend\n")) << "END comes behind what was sent before it";
  EXPECT_THAT(outcome.out, ContainsRegex("@sent: [0-9]+\n"));
}

// ---- Outputs that fail ----

TEST_F(FaultsTest, a_disk_that_fills_up_ends_the_run_with_the_reason) {
  Outcome outcome = Sonde({"-o", "/dev/full", "-e", flood(R"(printf("x\n"))"), "-c", traced("add 2000000000")}).run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
}

TEST_F(FaultsTest, a_reader_that_leaves_during_a_flood_ends_the_run) {
  Outcome outcome =
      Sonde({"-e", flood(R"(printf("x\n"))"), "-c", traced("add 2000000000")}).close_output_after("x\n").run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_EQ(outcome.status, 128 + SIGPIPE) << outcome.err;
}

// ---- Files and commands that give too little or too much ----

TEST_F(FaultsTest, what_cat_cannot_read_is_said) {
  std::string pipe = testing::TempDir() + "sonde-pipe";
  ASSERT_EQ(std::system(("rm -f " + pipe + "; mkfifo " + pipe).c_str()), 0);
  Outcome outcome = run_script(
      fmt::format(R"(BEGIN {{ cat("/proc"); cat("/nowhere"); cat("{}"); printf("after\n") }})", pipe), {"-q"});
  EXPECT_THAT(outcome.err, HasSubstr("could not read /proc: Is a directory\n"));
  EXPECT_THAT(outcome.err, HasSubstr("could not open /nowhere: No such file or directory\n"));
  EXPECT_EQ(outcome.text(), "after") << outcome;
  std::remove(pipe.c_str());
}

TEST_F(FaultsTest, commands_may_print_more_than_is_kept) {
  Outcome outcome = Sonde({"-q", "--unsafe", "-o", "/dev/null", "-e",
                           R"(BEGIN { system("head -c 100000000 /dev/zero") } END {
                              system("cat /proc/$PPID/status >&2") })"})
                        .seconds(120)
                        .run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  uint64_t peak = sum_of(outcome.err, "VmHWM:\\s*([0-9]+) kB");
  EXPECT_GT(peak, 0u) << outcome;
  EXPECT_LT(peak, 96u * 1024);
}

// ---- Processes that are gone ----

// Their code is known by when it ran, though nothing of them is left when it is looked up.
TEST_F(FaultsTest, stacks_of_processes_that_live_shortly_have_their_names) {
  constexpr uint64_t kProcesses = 40;
  std::string loop =
      fmt::format("i=0; while [ $i -lt {} ]; do {} add 5; i=$((i+1)); done", kProcesses, program("traced_pie"));
  Outcome outcome = Sonde({"-q", "-e",
                           "uprobe:" + program("traced_pie") +
                               R"(:traced_add { @[ustack(1)] = count(); printf("%s", ustack(1)) }
                                              END { cat("/proc/self/status") })",
                           "-c", "/bin/sh -c '" + loop + "'"})
                        .environment("BPFTRACE_SHOW_DEBUG_INFO", "0")
                        .seconds(120)
                        .run();
  EXPECT_EQ(count_of(outcome.out, "\n        traced_add+0\n"), 5 * kProcesses + kProcesses) << outcome;
  EXPECT_EQ(sum_of(outcome.out, "\\]: ([0-9]+)\n"), 5 * kProcesses);
  EXPECT_THAT(outcome.err, Not(HasSubstr("Lost")));
  EXPECT_LT(sum_of(outcome.out, "VmHWM:\\s*([0-9]+) kB"), 96u * 1024);
}

// ---- Programs whose names are not ours ----

// `commands` become `binary`, which calls traced_add each millisecond: its stacks are named while it runs.
Outcome stacks_under(const std::string &binary, const std::string &commands) {
  std::string script = testing::TempDir() + "sonde-becomes.sh";
  std::ofstream(script) << "set -e\n" << commands;
  Outcome outcome = Sonde({"-q", "-e", "uprobe:" + binary + R"(:traced_add { printf("%s", ustack(perf, 1)) })", "-c",
                           "/bin/sh " + script})
                        .environment("BPFTRACE_SHOW_DEBUG_INFO", "0")
                        .seconds(120)
                        .run();
  std::remove(script.c_str());
  return outcome;
}

// Behind its path there is another file for us.
TEST_F(FaultsTest, programs_in_a_container_have_their_own_names) {
  if (std::system("unshare --mount true 2>/dev/null") != 0)
    GTEST_SKIP() << "there is no unshare, or it may not make a mount namespace";
  std::string place = testing::TempDir() + "sonde-contained";
  std::ofstream(place) << "no program\n";
  Outcome outcome = stacks_under(program("traced_pie"),
                                 fmt::format("exec unshare --mount sh -c 'mount --bind {} {} && exec {} wait 500'\n",
                                             program("traced_pie"), place, place));
  EXPECT_EQ(count_of(outcome.out, " traced_add+0 (" + place + ")\n"), 500u) << outcome;
  std::remove(place.c_str());
}

TEST_F(FaultsTest, programs_that_were_deleted_still_have_names) {
  std::string place = testing::TempDir() + "sonde-deleted";
  ASSERT_EQ(std::system(fmt::format("cp {} {}", program("traced_pie"), place).c_str()), 0);
  Outcome outcome = stacks_under(place, fmt::format("exec 3<{0}; rm {0}; exec /proc/self/fd/3 wait 500\n", place));
  EXPECT_EQ(count_of(outcome.out, " traced_add+0 (" + place + " (deleted))\n"), 500u) << outcome;
}

// ---- CPUs that come and go ----

class CpuFaultsTest : public WholeSystemTest {
protected:
  void SetUp() override {
    WholeSystemTest::SetUp();
    if (!IsSkipped() && !std::ofstream(kSwitch))
      GTEST_SKIP() << "there is no second CPU that can be switched off";
  }
  void TearDown() override {
    std::ofstream(kSwitch) << 1;
    WholeSystemTest::TearDown();
  }
  static constexpr const char *kSwitch = "/sys/devices/system/cpu/cpu1/online";
};

TEST_F(CpuFaultsTest, a_cpu_that_is_switched_off_during_the_run_costs_nothing_else) {
  std::string toggle =
      fmt::format("for i in 1 2 3; do echo 0 >{0}; {1}; echo 1 >{0}; {1}; done", kSwitch, traced("add 1000"));
  Outcome outcome = Sonde({"-q", "-e",
                           "uprobe:" + program("traced") +
                               R"(:traced_add { @calls = count(); @[cpu] = sum(1); printf("x\n") }
                                              profile:hz:20 { @samples[cpu] = count() })",
                           "-c", "/bin/sh -c '" + toggle + "'"})
                        .run();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(count_of(outcome.out, "x\n"), 6000u) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("@calls: 6000\n"));
}

}  // namespace
}  // namespace sonde::test
