// The ways around what a kernel lacks give the same results: kernels that lack it are played by --no-feature, and the
// mechanism that -v names is the one that was taken.
#include <fmt/format.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct Way {
  const char *name;       // of the test
  const char *absent;     // for --no-feature; empty for nothing
  const char *mechanism;  // that -v is to name
};

void PrintTo(const Way &way, std::ostream *os) { *os << way.name; }

Outcome run_without(const std::string &absent, const std::string &script, const std::string &command) {
  std::vector<std::string> options = {"-v", "-c", command};
  if (!absent.empty())
    options.insert(options.end(), {"--no-feature", absent});
  return run_script(script, options);
}

// What the script itself printed.
std::string results(const Outcome &outcome) { return outcome.text(); }

// ---- Functions of programs ----

class UprobeWays : public TracerTest, public ::testing::WithParamInterface<Way> {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (std::string_view(GetParam().mechanism) == "uprobe.multi" && !kernel_is_at_least(6, 6))
      GTEST_SKIP() << "this kernel has no uprobe.multi";
  }
  Outcome run(const std::string &script, const std::string &mode) const {
    return run_without(GetParam().absent, script, traced(mode));
  }
};

TEST_P(UprobeWays, many_functions_by_name) {
  Outcome outcome =
      run(fmt::format("uprobe:{}:traced_family_* {{ @[probe, func] = sum(arg0) }}", program("traced")), "family 4");
  std::string expected;
  for (const char *name : {"one", "three", "two"})
    expected += fmt::format("@[uprobe:{0}:traced_family_{1}, traced_family_{1}]: 6\n", program("traced"), name);
  EXPECT_EQ(results(outcome) + "\n", expected) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(fmt::format("by {}, ", GetParam().mechanism))) << outcome;
}

TEST_P(UprobeWays, entries_and_returns) {
  Outcome outcome = run(fmt::format("uprobe:{0}:traced_add {{ @calls = sum(arg1) }} "
                                    "uretprobe:{0}:traced_add {{ @results = sum(retval) }}",
                                    program("traced")),
                        "add 5");
  EXPECT_EQ(results(outcome), "@calls: 20\n@results: 30") << outcome;
}

TEST_P(UprobeWays, returns_know_their_function) {
  if (!kernel_is_at_least(6, 6))
    GTEST_SKIP() << "this kernel does not tell";
  Outcome outcome =
      run(fmt::format("uretprobe:{}:traced_family_* {{ @[func] = count() }}", program("traced")), "family 2");
  EXPECT_THAT(outcome.lines(), ::testing::UnorderedElementsAre("@[traced_family_one]: 2", "@[traced_family_two]: 2",
                                                               "@[traced_family_three]: 2"))
      << outcome;
}

#if defined(__x86_64__)
TEST_P(UprobeWays, static_probes_with_semaphores) {
  Outcome outcome = run(fmt::format("usdt:{}:traced:* {{ @[probe] = count() }}", program("traced")), "usdt 3");
  std::string name = "usdt:" + program("traced") + ":traced:";
  EXPECT_EQ(results(outcome), fmt::format("@[{0}total]: 3\n@[{0}watched]: 3\n@[{0}step]: 6", name)) << outcome;
}
#endif

TEST_P(UprobeWays, limited_to_a_process) {
  Bystander process({program("traced"), "family", "1000000000"});
  Bystander other({program("traced"), "family", "1000000000"});
  std::vector<std::string> options = {"-q", "-p", std::to_string(process.pid())};
  if (*GetParam().absent)
    options.insert(options.end(), {"--no-feature", GetParam().absent});
  Outcome outcome = run_script(
      fmt::format("uprobe:{}:traced_family_* {{ @[pid] = 1 }} interval:ms:200 {{ exit() }}", program("traced")),
      options);
  EXPECT_EQ(outcome.text(), fmt::format("@[{}]: 1", process.pid())) << outcome;
}

INSTANTIATE_TEST_SUITE_P(Ways, UprobeWays,
                         ::testing::Values(Way{"multi", "", "uprobe.multi"},
                                           Way{"cookies", "uprobe_multi", "perf event"},
                                           Way{"programs", "uprobe_multi,attach_cookie", "perf event"}),
                         [](const auto &way) { return way.param.name; });

// ---- Tracepoints ----

class TracepointWays : public TracepointTest, public ::testing::WithParamInterface<Way> {
protected:
  Outcome run(const std::string &script, const std::string &mode) const {
    return run_without(GetParam().absent, script, traced(mode));
  }
};

TEST_P(TracepointWays, system_calls) {
  Outcome outcome = run("tracepoint:syscalls:sys_*_nanosleep /pid == cpid/ { @[probe] = count() }", "sleep 3");
  EXPECT_EQ(results(outcome),
            "@[tracepoint:syscalls:sys_enter_nanosleep]: 3\n@[tracepoint:syscalls:sys_exit_nanosleep]: 3")
      << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(fmt::format("by {}, ", GetParam().mechanism))) << outcome;
}

TEST_P(TracepointWays, arguments_of_a_system_call) {
  Outcome outcome = run(R"(tracepoint:syscalls:sys_enter_openat /pid == cpid && str(args.filename) == "/dev/null"/
      { @[(int32)args.dfd, args.flags] = count() })",
                        "open 2 /dev/null");
  EXPECT_EQ(results(outcome), "@[-100, 0]: 2") << outcome;
}

TEST_P(TracepointWays, events_that_are_not_read) {
  Outcome outcome = run("tracepoint:sched:sched_process_* /pid == cpid/ { @[probe] = count() }", "breed 3");
  EXPECT_THAT(results(outcome), AllOf(HasSubstr("@[tracepoint:sched:sched_process_exec]: 1\n"),
                                      HasSubstr("@[tracepoint:sched:sched_process_fork]: 3")))
      << outcome;
}

INSTANTIATE_TEST_SUITE_P(Ways, TracepointWays,
                         ::testing::Values(Way{"raw", "", "raw tracepoint"},
                                           Way{"perf", "raw_tracepoints", "perf event"},
                                           Way{"programs", "raw_tracepoints,attach_cookie", "perf event"}),
                         [](const auto &way) { return way.param.name; });

// ---- Functions of the kernel ----

class KprobeWays : public KprobeTest, public ::testing::WithParamInterface<Way> {};

TEST_P(KprobeWays, entries_and_returns_of_many_functions) {
  Outcome outcome = run_without(GetParam().absent, R"(
      kprobe:hrtimer_nanosleep, kprobe:do_nanosl* /pid == cpid/ { @in[probe, func] = count(); @at[func, tid] = nsecs }
      kretprobe:hrtimer_nanosleep, kretprobe:do_nanosl* /pid == cpid/ {
        @out[probe] = count(); @slept[func] = min(nsecs - @at[func, tid] > 500000 ? 1 : 0) }
      END { clear(@at) })",
                                traced("sleep 3"));
  std::vector<std::string> expected = {"@in[kprobe:do_nanosleep, do_nanosleep]: 3",
                                       "@in[kprobe:hrtimer_nanosleep, hrtimer_nanosleep]: 3",
                                       "@out[kretprobe:do_nanosleep]: 3", "@out[kretprobe:hrtimer_nanosleep]: 3"};
  // Since then a return knows its function.
  if (kernel_is_at_least(5, 15))
    expected.insert(expected.end(), {"@slept[do_nanosleep]: 1", "@slept[hrtimer_nanosleep]: 1"});
  for (const std::string &line : expected)
    EXPECT_THAT(outcome.lines(), ::testing::Contains(line)) << outcome;
}

INSTANTIATE_TEST_SUITE_P(Ways, KprobeWays,
                         ::testing::Values(Way{"best", "", ""}, Way{"multi", "kprobe_session", ""},
                                           Way{"cookies", "kprobe_session,kprobe_multi", ""},
                                           Way{"programs", "kprobe_session,kprobe_multi,attach_cookie", ""}),
                         [](const auto &way) { return way.param.name; });

class KprobeMechanismTest : public KprobeTest {
protected:
  // What -v says of a pair of probes at the same functions.
  static std::string said(const std::string &absent) {
    return run_without(absent, "kprobe:*_nanosleep { @[probe] = count() } kretprobe:*_nanosleep { @[probe] = count() }",
                       traced("sleep 1"))
        .err;
  }
};

// One program, one link.
TEST_F(KprobeMechanismTest, sessions) {
  if (!kernel_is_at_least(6, 10))
    GTEST_SKIP() << "this kernel has no kprobe sessions";
  EXPECT_THAT(said(""), AllOf(HasSubstr("by kprobe.session, 1 attachment\n"), HasSubstr("1 program, 1 attachment\n")));
}

TEST_F(KprobeMechanismTest, a_link_for_the_entries_and_one_for_the_returns) {
  if (!kernel_is_at_least(6, 10))
    GTEST_SKIP() << "this kernel has no kprobe.multi";
  EXPECT_THAT(said("kprobe_session"),
              AllOf(HasSubstr("by kprobe.multi, 1 attachment\n"), HasSubstr("2 programs, 2 attachments\n")));
}

TEST_F(KprobeMechanismTest, a_link_for_each) {
  if (!kernel_is_at_least(5, 15))
    GTEST_SKIP() << "this kernel has no attach cookies: a program for each place";
  EXPECT_THAT(said("kprobe_session,kprobe_multi"),
              AllOf(HasSubstr("by perf event, "), HasSubstr("2 programs, "), Not(HasSubstr("multi"))));
}

TEST_F(KprobeMechanismTest, bodies_of_sessions_that_return_early) {
  Outcome outcome = run_without("", R"(
      kprobe:hrtimer_nanosleep, kprobe:do_nanosl* /pid == cpid/ { @entries++; if (@entries > 2) { return } @early++ }
      kretprobe:hrtimer_nanosleep, kretprobe:do_nanosl* /pid == cpid/ { @returns++; return })",
                                traced("sleep 4"));
  EXPECT_THAT(outcome.text(), AllOf(HasSubstr("@early: 2"), HasSubstr("@entries: 8"), HasSubstr("@returns: 8")))
      << outcome;
}

// ---- The kernel's memory ----

class ReadWays : public TracerTest, public ::testing::WithParamInterface<Way> {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (*GetParam().mechanism && !kernel_is_at_least(6, 2))
      GTEST_SKIP() << "this kernel has no direct reads";
  }
  static Outcome run(const std::string &script, const std::string &mode) {
    return run_without(GetParam().absent, script, traced(mode));
  }
};

TEST_P(ReadWays, chains_of_structs) {
  Outcome outcome = run(fmt::format(R"(
      uprobe:{}:traced_add {{ $task = (struct task_struct *)curtask; $leader = $task->group_leader;
        @ = sum($task->tgid == pid && $task->real_parent->tgid == ppid && $leader->pid == pid &&
                $leader->real_parent == $task->real_parent && $task->signal->nr_threads == 1 &&
                curtask.group_leader.group_leader.tgid == pid ? 1 : 0) }})",
                                    program("traced")),
                        "add 3");
  EXPECT_EQ(results(outcome), "@: 3") << outcome;
}

// Bytes, elements, bits and what lies at odd addresses, as loads of the task's own fields give them.
TEST_P(ReadWays, all_sizes) {
  Outcome outcome = run_without(GetParam().absent, R"(
      struct odd { char a; unsigned b; unsigned long c; unsigned short d; } __attribute__((packed));
      begin { $task = (struct task_struct *)curtask; $same = $task->group_leader; $i = 2;
        $text = (uint8 *)$same->comm; $odd = (struct odd *)$same->comm;
        printf("%c%c%c%c ", $same->comm[0], $same->comm[1], $same->comm[$i], $text[3]);
        printf("%d ", $odd->b == ($text[1] | $text[2] << 8 | $text[3] << 16 | $text[4] << 24));
        printf("%d ", $odd->c >> 56 == $text[12] && $odd->d == ($text[13] | $text[14] << 8));
        printf("%d\n", $same->signal->rlim[$i].rlim_cur == $same->signal->rlim[2].rlim_cur) })",
                                "true");
  EXPECT_EQ(results(outcome), "sond 1 1 1") << outcome;
}

// Bad addresses, and those of the program's own memory, which the kernel must not read that way.
TEST_P(ReadWays, what_cannot_be_read_is_zero) {
  Outcome outcome = run(fmt::format(R"(
      uprobe:{}:traced_add {{ $null = (struct task_struct *)0; $low = (struct task_struct *)8;
        $bad = (struct task_struct *)0xffff800000000000; $odd = (struct task_struct *)0x8000123456789abc;
        $own = kptr((uint64 *)reg("sp"));
        @ = sum($null->tgid + $low->real_parent->tgid + $bad->tgid + $odd->real_parent->tgid + *$own); @n = count() }})",
                                    program("traced")),
                        "add 3");
  EXPECT_EQ(results(outcome), "@: 0\n@n: 3") << outcome;
}

TEST_P(ReadWays, programs_of_all_kinds) {
  std::string script = R"(begin { print((probe, curtask.group_leader.tgid == pid)) })";
  for (std::string_view kind : {"uprobe:{}:traced_add", "uretprobe:{}:traced_add"})
    script += fmt::format(" {} {{ print((probe, curtask.group_leader.tgid == pid)) }}",
                          fmt::format(fmt::runtime(kind), program("traced")));
  Outcome outcome = run(script, "add 1");
  std::string function = program("traced") + ":traced_add";
  EXPECT_EQ(results(outcome), fmt::format("(begin, true)\n(uprobe:{0}, true)\n(uretprobe:{0}, true)", function))
      << outcome;
  Outcome timed = run("interval:ms:1 { print(curtask.group_leader.tgid == pid); exit() }", "sleep 1000000");
  EXPECT_EQ(results(timed), "true") << timed;
}

TEST_P(ReadWays, the_mechanism_is_the_one_that_was_asked_for) {
  std::string script = "begin { printf(\"%d\", curtask.group_leader.tgid) }";
  Outcome outcome = Sonde({"-d", "asm", "-e", script, *GetParam().absent ? "--no-feature" : "-q",
                           *GetParam().absent ? GetParam().absent : "-q"})
                        .run();
  EXPECT_EQ(outcome.out.find("call 113\n") == std::string::npos, *GetParam().mechanism != 0) << outcome;
}

INSTANTIATE_TEST_SUITE_P(Ways, ReadWays,
                         ::testing::Values(Way{"direct", "", "loads"}, Way{"helper", "direct_reads", ""}),
                         [](const auto &way) { return way.param.name; });

// ---- The option itself ----

TEST(NoFeatureTest, names_that_it_does_not_know) {
  Outcome outcome = run_script("BEGIN { }", {"--no-feature", "uprobe_multi,telepathy"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("--no-feature does not know 'telepathy'; there are kprobes, "));
}

TEST(NoFeatureTest, without_kprobes_a_listing_says_so) {
  Outcome outcome = Sonde({"-l", "--no-feature", "kprobes,trampolines"}).run();
  EXPECT_THAT(outcome.err, HasSubstr("kprobe (CONFIG_KPROBES)")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("fentry (BPF trampolines)")) << outcome;
  EXPECT_THAT(outcome.out, Not(HasSubstr("\nkprobe:"))) << outcome.err;
}

}  // namespace
}  // namespace sonde::test
