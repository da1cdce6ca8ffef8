// Raw tracepoints, fentry and fexit, hardware events, static probes of user programs; what is left out when the
// kernel refuses some of the probes.
#include <fmt/format.h>
#include <unistd.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ---- Raw tracepoints ----

using RawTracepointTest = TracepointTest;

TEST_F(RawTracepointTest, typed_arguments) {
  Outcome outcome = run_script(
      R"(rawtracepoint:sched_process_exec /pid == cpid/ { printf("%s %d\n", str(args.bprm->filename), args.p->pid == pid) })",
      {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.text(), program("traced") + " 1") << outcome;
}

TEST_F(RawTracepointTest, numbered_arguments) {
  Outcome outcome =
      run_script("rt:sys_enter /pid == cpid && arg1 == 35/ { @ = count() }", {"-q", "-c", traced("sleep 4")});
  EXPECT_EQ(outcome.text(), "@: 4") << outcome;
}

TEST_F(RawTracepointTest, wildcards_and_names) {
  Outcome outcome = run_script("rt:sys_e* /pid == cpid/ { @[probe] = count() }", {"-q", "-c", traced("sleep 1")});
  EXPECT_THAT(outcome.text(), HasSubstr("@[rawtracepoint:sys_enter]: ")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@[rawtracepoint:sys_exit]: ")) << outcome;
}

TEST_F(RawTracepointTest, arguments_that_do_not_exist_are_refused) {
  Outcome outcome = run_script("rt:sched_process_exec { @ = arg5 }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the script reads an argument that it does not have")) << outcome;
}

TEST_F(RawTracepointTest, listing_shows_types) {
  Outcome outcome = Sonde({"-lv", "rt:sched_process_exec"}).run();
  EXPECT_THAT(outcome.lines(), Contains("rawtracepoint:sched_process_exec")) << outcome;
  EXPECT_THAT(outcome.lines(), Contains("    struct task_struct * p")) << outcome;
}

// ---- Functions of the kernel, typed ----

using FentryTest = KprobeTest;

TEST_F(FentryTest, typed_arguments) {
  Outcome outcome = run_script(R"(fentry:vfs_read /pid == cpid && args.count == 1024/
      { printf("%d %s %d\n", args.count, func, args.file->f_flags >= 0) })",
                               {"-q", "-c", traced("read 12")});
  if (outcome.err.find("'func' is not available") == std::string::npos) {
    EXPECT_EQ(outcome.text(), "1024 vfs_read 1") << outcome;
  }
}

TEST_F(FentryTest, results_and_arguments_at_the_return) {
  Outcome outcome =
      run_script(R"(fexit:vfs_read /pid == cpid && args.count == 1024/ { printf("%d %d\n", retval, args.count) })",
                 {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "1024 1024") << outcome;
}

TEST_F(FentryTest, older_names_and_wildcards) {
  Outcome outcome = run_script("kfunc:vfs_rea*,kretfunc:vfs_read /pid == cpid/ { @[probe] = count() }",
                               {"-q", "-c", traced("read 12")});
  EXPECT_THAT(outcome.text(), HasSubstr("@[fentry:vmlinux:vfs_read]: ")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@[fexit:vmlinux:vfs_read]: ")) << outcome;
}

// ---- Refusals ----

class RefusedTest : public TracerTest {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (access("/sys/bus/event_source/devices/cpu/type", F_OK) == 0)
      GTEST_SKIP() << "this machine counts hardware events";
  }
};

TEST_F(RefusedTest, hardware_events_that_the_machine_does_not_count) {
  Outcome outcome = run_script("hardware:cache-misses:1000 { @ = count() }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("could not attach to hardware:cache-misses:1000: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("does not count that event")) << outcome;
}

TEST_F(RefusedTest, missing_probes_leaves_out_what_is_refused) {
  std::string probes = "h:cycles { @ = count() } interval:ms:10 { exit() }";
  Outcome outcome = run_script("config = { missing_probes = warn } " + probes);
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: could not attach to hardware:cycles: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: attached 1 of 2 probes\n")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Attached 1 probe\n")) << outcome;
  Outcome ignored = run_script("config = { missing_probes = ignore } " + probes);
  EXPECT_EQ(ignored.err, "Attached 1 probe\n") << ignored;
}

TEST_F(RefusedTest, nothing_left_is_an_error) {
  Outcome outcome = run_script("config = { missing_probes = warn } h:cycles { @ = count() }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("ERROR: could not attach to hardware:cycles: ")) << outcome;
}

// ---- Static probes ----

#if defined(__x86_64__)
class UsdtTest : public TracerTest, public ::testing::WithParamInterface<const char *> {
protected:
  std::string binary() const { return program(GetParam()); }
  Outcome trace(const std::string &script, const std::string &mode) const {
    return run_script(script, {"-q", "-c", binary() + " " + mode});
  }
};

TEST_P(UsdtTest, arguments_of_every_form) {
  Outcome outcome = trace(
      fmt::format(R"(usdt:{}:traced:step {{ printf("%d %lld %s %d\n", arg0, arg1, str(arg2), arg3) }})", binary()),
      "usdt 2");
  EXPECT_THAT(outcome.lines(), ElementsAre("0 -1234567890123 static 1000", "-7 -1234567890123 static 1",
                                           "1 -1234567890123 static 1001", "-7 -1234567890123 static 1"))
      << outcome;
}

TEST_P(UsdtTest, places_of_one_probe_have_one_name) {
  Outcome outcome = trace(fmt::format("U:{}:step {{ @[probe] = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@[usdt:" + binary() + ":traced:step]: 6") << outcome;
}

TEST_P(UsdtTest, watched_probes_are_turned_on) {
  Outcome outcome = trace(fmt::format("usdt:{}:watched {{ @ = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@: 3") << outcome;
}

TEST_P(UsdtTest, wildcards) {
  Outcome outcome = trace(fmt::format("usdt:{}:tra*:* {{ @ = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@: 9") << outcome;
}

TEST_P(UsdtTest, listing) {
  EXPECT_THAT(Sonde({"-l", "usdt:" + binary() + ":*"}).run().lines(),
              ElementsAre("usdt:" + binary() + ":traced:step", "usdt:" + binary() + ":traced:watched"));
}

TEST_P(UsdtTest, what_does_not_exist) {
  Outcome probe = run_script(fmt::format("usdt:{}:stepp {{ }}", binary()));
  EXPECT_THAT(probe.err, HasSubstr("there is no static probe 'stepp'")) << probe;
  EXPECT_THAT(probe.err, HasSubstr("did you mean 'step'?")) << probe;
  Outcome argument = run_script(fmt::format("usdt:{}:step {{ @ = arg4 }}", binary()));
  EXPECT_THAT(argument.err, HasSubstr("this probe has 4 arguments")) << argument;
}

INSTANTIATE_TEST_SUITE_P(programs, UsdtTest, ::testing::Values("traced", "traced_pie"),
                         [](const auto &info) { return info.param; });
#endif

}  // namespace
}  // namespace sonde::test
