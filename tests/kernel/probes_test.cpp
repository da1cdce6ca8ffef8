// Each provider of the slice, aimed at programs that the test starts itself.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::UnorderedElementsAre;

bool has_sleepable_uprobes() {
  utsname names;
  uname(&names);
  return std::atoi(names.release) >= 6;
}

// ---- Functions of a user program ----

// Position-independent and not: addresses in the file and in memory differ only in the first.
class UprobeTest : public TracerTest, public ::testing::WithParamInterface<const char *> {
protected:
  std::string binary() const { return program(GetParam()); }
  Outcome trace(const std::string &script, const std::string &mode) const {
    return run_script(script, {"-q", "-c", binary() + " " + mode});
  }
};

TEST_P(UprobeTest, arguments) {
  Outcome outcome =
      trace(fmt::format(R"(uprobe:{}:traced_add {{ printf("%d %d\n", arg0, arg1) }})", binary()), "add 3");
  EXPECT_THAT(outcome.lines(), ElementsAre("0 0", "1 2", "2 4")) << outcome;
}

TEST_P(UprobeTest, return_value) {
  Outcome outcome = trace(fmt::format(R"(uretprobe:{}:traced_add {{ printf("%d\n", retval) }})", binary()), "add 4");
  EXPECT_THAT(outcome.lines(), ElementsAre("0", "3", "6", "9")) << outcome;
}

TEST_P(UprobeTest, short_names) {
  Outcome outcome = trace(
      fmt::format("u:{0}:traced_add {{ @in = count() }} ur:{0}:traced_add {{ @out = count() }}", binary()), "add 5");
  EXPECT_THAT(outcome.lines(), ElementsAre("@in: 5", "@out: 5")) << outcome;
}

TEST_P(UprobeTest, arguments_of_every_width) {
  Outcome outcome = trace(
      fmt::format(
          R"(uprobe:{}:traced_wide {{ printf("%d %d %u %lld %d %c\n", (uint8)arg0, (int16)arg1, (uint32)arg2, (int64)arg3, arg4 != 0, arg5) }})",
          binary()),
      "wide 1");
  EXPECT_EQ(outcome.text(), "200 -2 4000000000 -1234567890123 1 x") << outcome;
}

TEST_P(UprobeTest, negative_return_value) {
  Outcome outcome =
      trace(fmt::format(R"(uretprobe:{}:traced_wide {{ printf("%d\n", (int64)retval) }})", binary()), "wide 1");
  EXPECT_EQ(outcome.text(), "-5") << outcome;
}

TEST_P(UprobeTest, strings_of_the_program) {
  Outcome outcome = trace(fmt::format("uprobe:{}:traced_name {{ @[str(arg0)] = count() }}", binary()), "name 5");
  EXPECT_THAT(outcome.lines(), ElementsAre("@[grace]: 2", "@[ada]: 3")) << outcome;
}

// Programs sleep until the kernel has brought the memory in. Values that were read before are still there then.
TEST_P(UprobeTest, strings_that_nobody_has_touched) {
  if (!has_sleepable_uprobes())
    GTEST_SKIP() << "uprobes of this kernel cannot wait for memory";
  Outcome outcome = trace(fmt::format("uprobe:{}:traced_pair {{ $first = str(arg0, 9); printf(\"%s %s\\n\", $first, "
                                      "str(arg1)); @[str(arg1), str(arg0)] = count() }}",
                                      binary()),
                          "cold 2");
  EXPECT_THAT(outcome.lines(), ElementsAre("never to never touched", "never to never touched", "", "",
                                           "@[never touched, never touched]: 2"))
      << outcome;
}

TEST_P(UprobeTest, strings_that_are_not_there) {
  Outcome outcome =
      trace(fmt::format("uprobe:{}:traced_add /arg0 < 3/ {{ printf(\"[%s%s]\", str(arg0), str(0x7000)) }}", binary()),
            "add 4");
  EXPECT_EQ(outcome.text(), "[][][]") << outcome;
}

TEST_P(UprobeTest, strings_cut_to_a_length) {
  Outcome outcome =
      trace(fmt::format(R"(uprobe:{}:traced_name {{ printf("%s\n", str(arg0, 3)) }})", binary()), "name 2");
  // The length counts the terminating NUL, as in bpftrace.
  EXPECT_THAT(outcome.lines(), ElementsAre("ad", "gr")) << outcome;
}

TEST_P(UprobeTest, wildcards_with_the_name_of_the_probe) {
  Outcome outcome = trace(fmt::format("uprobe:{}:traced_family_* {{ @[probe] = count() }}", binary()), "family 4");
  std::string prefix = "@[uprobe:" + binary() + ":traced_family_";
  EXPECT_THAT(outcome.lines(), UnorderedElementsAre(prefix + "one]: 4", prefix + "two]: 4", prefix + "three]: 4"))
      << outcome;
}

TEST_P(UprobeTest, lists_of_probes) {
  Outcome outcome =
      trace(fmt::format("uprobe:{0}:traced_family_one, uprobe:{0}:traced_family_two {{ @ = count() }}", binary()),
            "family 4");
  EXPECT_EQ(outcome.text(), "@: 8") << outcome;
}

TEST_P(UprobeTest, function_names) {
  // While the program lives: the names are read when they are printed.
  Outcome outcome = trace(fmt::format("uprobe:{}:traced_family_* /@n < 30/ {{ @n++; printf(\"%s\\n\", func) }} "
                                      "interval:ms:500 {{ exit() }}",
                                      binary()),
                          "family 1000000000");
  std::vector<std::string> lines = outcome.lines();
  EXPECT_THAT(std::set<std::string>(lines.begin(), lines.end()),
              ::testing::IsSupersetOf({"traced_family_one", "traced_family_two", "traced_family_three"}))
      << outcome;
}

TEST_P(UprobeTest, predicates) {
  Outcome outcome =
      trace(fmt::format("uprobe:{}:traced_add /arg0 > 5 && pid == cpid/ {{ @ = count() }}", binary()), "add 10");
  EXPECT_EQ(outcome.text(), "@: 4") << outcome;
}

TEST_P(UprobeTest, time_between_entry_and_return) {
  Outcome outcome = trace(fmt::format(R"(uprobe:{0}:traced_add {{ @start[tid] = nsecs }}
      uretprobe:{0}:traced_add /@start[tid]/ {{ @ok = sum(nsecs - @start[tid] < 10000000000 ? 1 : 0); delete(@start, tid) }})",
                                      binary()),
                          "add 6");
  EXPECT_EQ(outcome.text(), "@ok: 6") << outcome;
}

TEST_P(UprobeTest, a_process_that_already_runs) {
  Bystander process({binary(), "burn", "60000"});
  Outcome outcome =
      Sonde({"-q", "-e", fmt::format("uprobe:{}:traced_add {{ @ = count() }} interval:ms:300 {{ exit() }}", binary()),
             "-p", std::to_string(process.pid())})
          .run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.text(), "");
}

TEST_P(UprobeTest, many_events_are_all_printed_or_counted_as_lost) {
  Outcome outcome = trace(fmt::format(R"(uprobe:{}:traced_add {{ printf("%d\n", arg0) }})", binary()), "add 20000");
  EXPECT_EQ(outcome.lines().size(), 20000u) << outcome.err;
  EXPECT_THAT(outcome.lines().back(), "19999");
}

INSTANTIATE_TEST_SUITE_P(programs, UprobeTest, ::testing::Values("traced", "traced_pie"),
                         [](const auto &info) { return info.param; });

// ---- Tracepoints ----

std::string own_child(const std::string &body) { return "/pid == cpid/ { " + body + " }"; }

TEST_F(TracepointTest, counts_system_calls_of_the_child) {
  Outcome outcome = run_script("tracepoint:syscalls:sys_enter_nanosleep " + own_child("@ = count()"),
                               {"-q", "-c", traced("sleep 7")});
  EXPECT_EQ(outcome.text(), "@: 7") << outcome;
}

TEST_F(TracepointTest, fields_by_dot_and_by_arrow) {
  Outcome outcome =
      run_script(R"(tracepoint:syscalls:sys_enter_openat /pid == cpid && str(args.filename) == "/dev/null"/
      { printf("%s %d %d\n", str(args->filename), args.flags, (int32)args.dfd) })",
                 {"-q", "-c", traced("open 2 /dev/null")});
  EXPECT_THAT(outcome.lines(), ElementsAre("/dev/null 0 -100", "/dev/null 0 -100")) << outcome;
}

TEST_F(TracepointTest, return_values_as_a_histogram) {
  Outcome outcome =
      run_script("tracepoint:syscalls:sys_exit_read /pid == cpid && args.ret == 1024/ { @ = hist(args.ret) }",
                 {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "@:\n[1K, 2K)               1 |" + std::string(52, '@') + "|") << outcome;
}

TEST_F(TracepointTest, wildcards) {
  Outcome outcome = run_script("tracepoint:syscalls:sys_*_nanosleep " + own_child("@[probe] = count()"),
                               {"-q", "-c", traced("sleep 3")});
  EXPECT_THAT(outcome.lines(), UnorderedElementsAre("@[tracepoint:syscalls:sys_enter_nanosleep]: 3",
                                                    "@[tracepoint:syscalls:sys_exit_nanosleep]: 3"))
      << outcome;
}

TEST_F(TracepointTest, raw_system_call_number) {
  Outcome outcome = run_script("tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 35/ { @ = count() }",
                               {"-q", "-c", traced("sleep 4")});
  EXPECT_EQ(outcome.text(), "@: 4") << outcome;
}

TEST_F(TracepointTest, data_loc_strings) {
  Outcome outcome =
      run_script(R"(tracepoint:sched:sched_process_exec /pid == cpid/ { printf("%s\n", str(args.filename)) })",
                 {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.text(), program("traced")) << outcome;
}

// Where raw tracepoints can, they serve those that do not read the event's record.
TEST_F(TracepointTest, many_events_by_name) {
  std::string counts = "tracepoint:sched:sched_process_* /pid == cpid/ { @[probe] = count() }";
  Outcome outcome = run_script(counts, {"-v", "-c", traced("breed 3")});
  EXPECT_THAT(outcome.lines(), AllOf(Contains("@[tracepoint:sched:sched_process_exec]: 1"),
                                     Contains("@[tracepoint:sched:sched_process_exit]: 1"),
                                     Contains("@[tracepoint:sched:sched_process_fork]: 3")))
      << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(kernel_is_at_least(6, 10) ? "(raw_tp): " : "(tracepoint): "));
}

TEST_F(TracepointTest, who_and_where) {
  Outcome outcome = run_script(R"(t:syscalls:sys_enter_nanosleep /pid == cpid/
      { printf("%s %d %d %d %d %d\n", comm, pid == tid, uid, gid, cpu < 4096, curtask != 0) })",
                               {"-q", "-c", traced("sleep 1")});
  EXPECT_EQ(outcome.text(), "traced 1 0 0 1 1") << outcome;
}

TEST_F(TracepointTest, joined_arguments) {
  Outcome outcome = run_script(
      "t:syscalls:sys_enter_execve /comm != \"nobody\" && pid == cpid/ { join(args.argv); join(args.argv, \",\") }",
      {"-q", "-c", "/bin/true one two"});
  EXPECT_THAT(outcome.lines(), ElementsAre("/bin/true one two", "/bin/true,one,two")) << outcome;
}

// ---- Time ----

using TimerTest = TracerTest;

TEST_F(TimerTest, interval_fires_until_exit) {
  Outcome outcome =
      run_script(R"(i:ms:10 { @++; if (@ >= 3) { exit() } } END { printf("%d\n", @); clear(@) })", {"-q"});
  EXPECT_EQ(outcome.text(), "3") << outcome;
}

TEST_F(TimerTest, interval_units) {
  for (const char *unit : {"us:20000", "ms:20", "hz:50", "s:1"}) {
    Outcome outcome = run_script(fmt::format(R"(interval:{} {{ printf("tick\n"); exit() }})", unit), {"-q"});
    EXPECT_EQ(outcome.text(), "tick") << unit << outcome;
  }
}

TEST_F(TimerTest, an_interval_keeps_time) {
  Outcome outcome = run_script("BEGIN { @t = nsecs } interval:ms:100 { @n++; if (@n == 5) { printf(\"%d\\n\", (nsecs - "
                               "@t) / 100000000); clear(@t); clear(@n); exit() } }",
                               {"-q"});
  // Five ticks of 100 ms; attaching may be part of the first, a loaded machine adds to the last.
  EXPECT_THAT(outcome.text(), ::testing::AnyOf("4", "5", "6", "7")) << outcome;
}

TEST_F(TimerTest, profile_samples_a_busy_child) {
  Outcome outcome = run_script("profile:hz:99 /pid == cpid/ { @samples = count() }", {"-q", "-c", traced("burn 1000")});
  ASSERT_THAT(outcome.text(), MatchesRegex("@samples: [0-9]+")) << outcome;
  EXPECT_GE(std::stoi(outcome.text().substr(strlen("@samples: "))), 10) << outcome;
}

TEST_F(TimerTest, strftime_and_time_print_the_clock) {
  Outcome outcome =
      run_script(R"(BEGIN { printf("%s\n", strftime("%Y-%m-%d", nsecs)); time("%H:%M:%S\n"); exit() })", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre(MatchesRegex("20[0-9][0-9]-[01][0-9]-[0-3][0-9]"),
                                           MatchesRegex("[0-2][0-9]:[0-5][0-9]:[0-6][0-9]")))
      << outcome;
}

// ---- Functions of the kernel ----

TEST_F(KprobeTest, says_who_sleeps) {
  Outcome outcome =
      run_script(R"(kprobe:do_nanosleep /pid == cpid/ { printf("PID %d sleeping...\n", pid); @ = count() })",
                 {"-q", "-c", traced("sleep 3")});
  EXPECT_THAT(outcome.text(), MatchesRegex("(PID [0-9]+ sleeping\\.\\.\\.\n)+\n*@: 3")) << outcome;
}

TEST_F(KprobeTest, arguments_and_function_name) {
  Outcome outcome = run_script(R"(k:vfs_read /pid == cpid && arg2 == 1024/ { printf("%s %d\n", func, arg2) })",
                               {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "vfs_read 1024") << outcome;
}

TEST_F(KprobeTest, return_value) {
  Outcome outcome = run_script("kretprobe:vfs_read /pid == cpid && retval == 1024/ { @bytes = hist(retval) }",
                               {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "@bytes:\n[1K, 2K)               1 |" + std::string(52, '@') + "|") << outcome;
}

TEST_F(KprobeTest, wildcards) {
  Outcome outcome =
      run_script("kprobe:*_nanosleep /pid == cpid/ { @[probe] = count() }", {"-q", "-c", traced("sleep 2")});
  EXPECT_THAT(outcome.lines(), ::testing::Contains("@[kprobe:do_nanosleep]: 2")) << outcome;
}

// The kernel itself would set the probe in the next function.
TEST_F(KprobeTest, offsets_past_the_end_of_the_function) {
  for (const char *probe : {"kprobe:do_nanosleep+100000", "kprobe:vmlinux:do_nanosleep+0x100000"}) {
    Outcome outcome = run_script(std::string(probe) + " { @ = count() }");
    EXPECT_EQ(outcome.status, 3) << outcome;
    EXPECT_THAT(outcome.err, ContainsRegex("the offset is past the end of do_nanosleep, which has [1-9][0-9]* bytes"))
        << outcome;
  }
}

// Every place of a function, one after the other: some are instructions, and the others say that they are not.
TEST_F(KprobeTest, offsets_inside_instructions) {
  int attached = 0, refused = 0;
  for (int offset = 1; offset < 16; ++offset) {
    Outcome outcome = run_script("kprobe:do_nanosleep+" + std::to_string(offset) + " { @ = count() }", {"--dry-run"});
    attached += outcome.status == 0;
    refused += outcome.err.find("the offset is not at the start of an instruction") != std::string::npos ||
               outcome.err.find("or the offset is inside an instruction") != std::string::npos;
  }
  EXPECT_EQ(attached + refused, 15);
  EXPECT_GT(attached, 0);
  EXPECT_GT(refused, 0);
}

TEST_F(KprobeTest, listing) {
  EXPECT_THAT(Sonde({"-l", "kprobe:*nanosleep"}).run().lines(), ::testing::Contains("kprobe:do_nanosleep"));
}

TEST_F(KprobeTest, strings_of_the_program) {
  Outcome outcome = run_script(R"(kprobe:do_sys_openat2 /pid == cpid/ { printf("%s\n", str(arg1)) })",
                               {"-q", "-c", traced("open 1 /dev/null")});
  EXPECT_THAT(outcome.lines(), ::testing::Contains("/dev/null")) << outcome;
}

// ---- The whole machine ----

TEST_F(WholeSystemTest, a_process_seen_by_its_name) {
  Bystander process({program("traced"), "burn", "60000"});
  Outcome outcome = run_script("profile:hz:99 { @[comm] = count() } interval:s:2 { exit() }", {"-q"});
  EXPECT_THAT(outcome.text(), HasSubstr("@[traced]: ")) << outcome;
}

TEST_F(WholeSystemTest, sleeps_of_every_process) {
  Outcome outcome =
      run_script(R"(kprobe:do_nanosleep { printf("PID %d sleeping...\n", pid); exit() })", {"-c", traced("sleep 100")});
  EXPECT_THAT(outcome.text(), HasSubstr("sleeping...")) << outcome;
}

}  // namespace
}  // namespace sonde::test
