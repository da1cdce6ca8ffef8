// Nothing is lost without being counted: what is printed and what is reported lost add up to what happened.
#include "harness.h"

namespace sonde::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class LossesTest : public TracerTest {};

// A ring of one page takes fewer events than one run of these probes sends, and the reader rests longer than that
// lasts.
constexpr char kFloodScript[] = "config = { perf_rb_pages = 1 } ";

TEST_F(LossesTest, printed_and_lost_events_are_all_events) {
  Outcome outcome = run_script(
      kFloodScript + ("uprobe:" + program("traced") +
                      R"(:traced_add { unroll (100) { printf("%d %d %d %d %d\n", pid, tid, uid, gid, arg0) } })"),
      {"-c", traced("add 1000")});
  uint64_t printed = outcome.lines().size(), lost = sum_of(outcome.err, "Lost (\\d+) events?\n");
  EXPECT_EQ(printed + lost, 100000u) << printed << " printed, " << lost << " lost";
  EXPECT_GT(lost, 0u) << "the ring held everything";
  EXPECT_EQ(sum_of(outcome.err, "  (\\d+) of uprobe:"), lost);
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(LossesTest, what_an_event_changes_is_changed_when_it_is_lost) {
  Outcome outcome = run_script(
      kFloodScript +
          ("uprobe:" + program("traced") +
           R"(:traced_add { unroll (100) { printf("%d %d %100s\n", @n++, delete(@m, 1), "a line that fills the ring soon, as there are many of it in a run"); @m[1] = 1 } }
                       END { printf("n is %d\n", @n); clear(@n); clear(@m) })"),
      {"-c", traced("add 500")});
  EXPECT_THAT(outcome.err, HasSubstr("Lost "));
  EXPECT_THAT(outcome.out, HasSubstr("n is 50000\n"));
}

TEST_F(LossesTest, json_records_count_the_same) {
  Outcome outcome = run_script(kFloodScript + ("uprobe:" + program("traced") + R"(:traced_add { printf("x\n") })"),
                               {"-f", "json", "-c", traced("add 100000")});
  uint64_t lost = sum_of(outcome.out, R"(\{"type": "lost_events", "count": (\d+),)");
  uint64_t printed = 0;
  for (const std::string &line : outcome.lines())
    printed += line == R"({"type": "printf", "data": "x\n"})";
  EXPECT_EQ(printed + lost, 100000u);
}

TEST_F(LossesTest, strict_runs_do_not_exit_with_zero_after_a_loss) {
  std::string script = "BEGIN { for ($i : 0..6) { @m[$i] = 1 } }";
  Outcome full = run_script("config = { max_map_keys = 4 } " + script, {"--strict"});
  EXPECT_EQ(full.status, 4) << full;
  EXPECT_EQ(run_script(script, {"--strict"}).status, 0);
  EXPECT_EQ(run_script("config = { max_map_keys = 4 } " + script + " END { exit(7) }", {"--strict"}).status, 7);
}

TEST_F(LossesTest, updates_of_full_maps_are_counted_where_they_stand) {
  Outcome outcome = run_script("config = { max_map_keys = 4 }\nBEGIN {\n  for ($i : 0..10) {\n    @m[$i] = 1;\n"
                               "    @c[$i] = count();\n    @n[$i]++;\n    @s[$i] = \"a\";\n  }\n}");
  for (const char *place : {":4:5-", ":5:5-", ":6:5-", ":7:5-"})
    EXPECT_THAT(outcome.err, HasSubstr(place));
  EXPECT_EQ(sum_of(outcome.err, "is full with 4 keys: (\\d+) updates were lost"), 4 * 6u) << outcome;
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(LossesTest, json_reports_full_maps_as_failures_of_the_helper) {
  Outcome outcome =
      run_script("config = { max_map_keys = 4 } BEGIN { for ($i : 0..10) { @m[$i] = 1; } }", {"-f", "json"});
  EXPECT_THAT(outcome.out,
              HasSubstr(R"({"type": "helper_error", "msg": "Argument list too long", "helper": "map_update_elem", )"
                        R"("retcode": -7, "filename": "stdin", "line": 1, "col": 58, "count": 6})"));
}

TEST_F(LossesTest, maps_that_hold_all_report_nothing) {
  Outcome outcome =
      run_script("config = { max_map_keys = 4 } BEGIN { for ($i : 0..4) { @m[$i] = 1; @m[$i]++; @m[$i] = 5 } }");
  EXPECT_THAT(outcome.err, Not(HasSubstr("WARNING")));
}

TEST_F(LossesTest, reads_that_fail_are_reported_on_request) {
  std::string script = "BEGIN {\n  for ($i : 0..3) { @ = str((uint64)$i + 1) }\n  $p = (uint64 *)8;\n  @b = *$p }";
  EXPECT_THAT(run_script(script).err, Not(HasSubstr("failed")));
  Outcome outcome = run_script(script, {"-k"});
  EXPECT_THAT(outcome.err, HasSubstr("str failed 3 times: Bad address")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("probe_read_kernel failed 1 time"));
  EXPECT_EQ(run_script(script, {"-k", "--strict"}).status, 4);
}

// exit(), clear() and print() of maps get through however many events are in their way.
TEST_F(LossesTest, control_records_get_through_a_full_ring) {
  std::string probe = "uprobe:" + program("traced") + ":traced_add ";
  // At the end the map may hold what calls behind the exit left there.
  Outcome outcome = run_script(
      "config = { perf_rb_pages = 1; print_maps_on_exit = 0 } " + probe +
          R"({ unroll (100) { printf("%d %d %d %d %d\n", pid, tid, uid, gid, arg0) } @n = (uint64)arg0; })" + probe +
          R"(/arg0 % 10 == 9/ { @full = @n; print(@full); clear(@full); }
                                      )" +
          probe + "/arg0 == 500/ { exit(9) }",
      {"-c", traced("add 1000")});
  EXPECT_EQ(outcome.status, 9);
  EXPECT_THAT(outcome.err, HasSubstr("Lost "));
  uint64_t maps = 0;
  for (const std::string &line : outcome.lines())
    maps += line.starts_with("@full: ");
  EXPECT_EQ(maps, 50u) << outcome.err;
}

// A kprobe in what a helper of another program calls is hit while that program runs: the kernel leaves it out.
using MissedRunsTest = KprobeTest;

TEST_F(MissedRunsTest, are_losses_in_text_and_json) {
  if (!kernel_is_at_least(6, 7))
    GTEST_SKIP() << "Linux counts them from 6.7 on";
  std::string script = R"(kprobe:do_nanosleep /pid == cpid/ {
      @ran = count(); @s = str(kptr((uint8 *)kaddr("linux_banner")), 8) }
    kprobe:strncpy_from_kernel_nofault { @inner = count() })";
  Outcome text = run_script(script, {"--strict", "-c", traced("sleep 3")});
  EXPECT_THAT(text.err, HasSubstr("Missed 3 runs of kprobe:strncpy_from_kernel_nofault: ")) << text;
  EXPECT_EQ(text.status, 4) << "strict";
  EXPECT_THAT(text.out, HasSubstr("@ran: 3\n"));
  Outcome json = run_script(script, {"--json-typed", "-c", traced("sleep 3")});
  EXPECT_THAT(json.out, HasSubstr(R"({"type": "missed_runs", "count": 3, "data": )"
                                  R"({"kprobe:strncpy_from_kernel_nofault": 3})"))
      << json;
  EXPECT_THAT(json.lines().back(), HasSubstr(R"("runs": 3})"));
}

TEST_F(LossesTest, control_records_keep_their_place_among_the_data) {
  Outcome outcome = run_script(
      R"(BEGIN { @a = 1; printf("one\n"); print(@a); clear(@a); printf("two\n"); print(@a); printf("three\n"); exit(3); printf("never\n") })");
  EXPECT_EQ(outcome.text(), "one\n@a: 1\ntwo\n@a: 0\nthree");
  EXPECT_EQ(outcome.status, 3);
}

}  // namespace
}  // namespace sonde::test
