// Memory that is watched: at addresses, and where arguments of functions point.
#include <fmt/format.h>
#include <unistd.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Lt;

// Debug registers do not fire everywhere: where perf itself cannot count one, there is nothing to test.
class WatchpointTest : public TracerTest {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (access("/sys/bus/event_source/devices/breakpoint/type", F_OK) != 0)
      GTEST_SKIP() << "this machine's kernel has no hardware breakpoints";
  }
};

TEST_F(WatchpointTest, every_thread_of_a_command) {
  if (!kernel_is_at_least(6, 0))
    GTEST_SKIP() << "new threads were not seen to inherit watchpoints on 5.10";
  Outcome outcome =
      run_script("watchpoint:0x10000000:8:w { @[comm, tid == pid] = count() }", {"-q", "-c", traced("count 5")});
  EXPECT_EQ(outcome.text(), "@[traced, false]: 5\n@[traced, true]: 5") << outcome;
}

TEST_F(WatchpointTest, no_more_than_the_cpu_has_registers) {
  std::string probes;
  for (int i = 0; i < 20; ++i)
    probes += "w:" + std::to_string(0x10000000 + 8 * i) + ":8:w { @ = count() } ";
  Outcome outcome = run_script(probes, {"-q", "-c", traced("count 5")});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("all debug registers of the CPU are in use")) << outcome;
}

// ---- Where an argument of a function points ----

// The process waits until its memory is watched: no write is missed.
TEST_F(WatchpointTest, where_an_argument_points) {
  Outcome outcome =
      run_script("watchpoint:traced_show+arg1:8:w { @[probe] = count() }", {"-q", "-c", traced("wait 50")});
  EXPECT_EQ(outcome.text(), "@[watchpoint:traced_show+arg1:8:w]: 50") << outcome;
  EXPECT_EQ(outcome.err, "");
}

// Emulated CPUs tell of the registers that were hit before, too.
TEST_F(WatchpointTest, where_several_arguments_point) {
  Outcome outcome = run_script("watchpoint:traced_show+arg1:8:w { @ = count() }", {"-q", "-c", traced("show 50")});
  EXPECT_GE(sum_of(outcome.out, "@: ([0-9]+)"), 100u) << outcome;
}

TEST_F(WatchpointTest, where_an_argument_points_in_a_process_that_runs) {
  Bystander process({program("traced"), "show", "2000000000"});
  Bystander other({program("traced"), "show", "2000000000"});
  Outcome outcome = run_script("watchpoint:traced_show+arg1:8:w { @[pid] = count() } interval:ms:300 { exit() }",
                               {"-q", "-p", std::to_string(process.pid())});
  EXPECT_GE(sum_of(outcome.text(), fmt::format("^@.{}.: ([0-9]+)$", process.pid())), 2u) << outcome;
}

TEST_F(WatchpointTest, a_process_goes_on_when_the_run_ends) {
  Bystander process({program("traced"), "show", "2000000000"});
  run_script("watchpoint:traced_show+arg1:8:w { @ = count() } interval:ms:50 { exit() }",
             {"-q", "-p", std::to_string(process.pid())});
  EXPECT_THAT(read_file(fmt::format("/proc/{}/status", process.pid())), HasSubstr("State:\tR"));
}

TEST_F(WatchpointTest, without_waiting) {
  Outcome outcome =
      run_script("asyncwatchpoint:traced_show+arg1:8:w { @ = count() }", {"-q", "-c", traced("wait 300")});
  EXPECT_THAT(sum_of(outcome.out, "@: ([0-9]+)"), AllOf(Ge(100u), Lt(301u))) << outcome;
}

TEST_F(WatchpointTest, unwatched_again) {
  Outcome outcome = run_script(fmt::format(R"(watchpoint:traced_show+arg1:8:w {{ @ = count() }}
      uprobe:{0}:traced_show {{ @number = arg1 }} uprobe:{0}:traced_add /arg0 == 10/ {{ unwatch(@number) }})",
                                           program("traced")),
                               {"-q", "-c", traced("wait 400")});
  EXPECT_THAT(sum_of(outcome.out, "@: ([0-9]+)"), AllOf(Ge(10u), Lt(350u))) << outcome;
}

TEST_F(WatchpointTest, more_addresses_than_registers) {
  std::string probes;
  for (int i = 0; i < 4; ++i)
    probes += fmt::format("w:{}:8:w {{ }} ", 0x10000000 + 8 * i);
  Outcome outcome =
      run_script(probes + "watchpoint:traced_show+arg1:8:w { @ = count() }", {"-q", "-c", traced("show 5")});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.text(), "");
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: watchpoint:traced_show+arg1:8:w: address 0x")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("is not watched: all debug registers of the CPU are in use\n")) << outcome;
}

TEST_F(WatchpointTest, addresses_that_are_not_aligned) {
  Outcome outcome = run_script("watchpoint:traced_add+arg1:8:w { @ = count() }", {"-q", "-c", traced("add 2")});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("address 0x2 is not watched: it is not a multiple of its 8 bytes\n")) << outcome;
}

TEST_F(WatchpointTest, functions_that_are_not_there) {
  Outcome outcome = run_script("watchpoint:traced_shown+arg1:8:w { @ = count() }", {"-q", "-c", traced("show 1")});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("there is no function 'traced_shown' in what the process runs")) << outcome;
  outcome = run_script("watchpoint:traced_show+arg1:8:w { @ = count() }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("a function's argument is an address of one process")) << outcome;
  outcome = run_script("watchpoint:traced_show+arg9:8:w { @ = count() }");
  EXPECT_THAT(outcome.err, HasSubstr("arg9 is not in a register")) << outcome;
}

}  // namespace
}  // namespace sonde::test
