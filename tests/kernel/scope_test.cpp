// Runs that are limited to some processes: what others do meanwhile is not seen.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kForever[] = "1000000";  // times

class ScopeTest : public TracepointTest {
protected:
  static Bystander sleeper() { return Bystander({program("traced"), "sleep", kForever}); }
  static std::string text(const Bystander &process) { return std::to_string(process.pid()); }
};

// In front of scripts that end while more events come: those change @ no more, but other maps.
constexpr char kOnlyThis[] = "config = { print_maps_on_exit = 0 } end { print(@) } ";
// Notes who sleeps, and ends after some.
constexpr char kSleeps[] = "tracepoint:syscalls:sys_enter_nanosleep { @[pid] = 1; if (@n++ == 20) { exit() } }";

TEST_F(ScopeTest, one_process_among_others) {
  Bystander traced = sleeper(), other = sleeper();
  Outcome outcome = run_script(std::string(kOnlyThis) + kSleeps, {"-q", "-p", text(traced)});
  EXPECT_THAT(outcome.lines(), ElementsAre("@[" + text(traced) + "]: 1")) << outcome;
}

// Ends after some events, of two processes at least.
constexpr char kTwo[] = "{ if (@[pid] == 0) { @[pid] = 1; @seen++ } if (@n++ > 20 && @seen > 1) { exit() } }";

TEST_F(ScopeTest, several_processes_among_others) {
  Bystander first = sleeper(), second = sleeper(), other = sleeper();
  Outcome outcome = run_script(fmt::format("{}tracepoint:syscalls:sys_enter_nanosleep {}", kOnlyThis, kTwo),
                               {"-q", "-p", text(first) + "," + text(second)});
  EXPECT_THAT(outcome.lines(), UnorderedElementsAre("@[" + text(first) + "]: 1", "@[" + text(second) + "]: 1"))
      << outcome;
}

TEST_F(ScopeTest, functions_of_several_processes) {
  std::vector<std::string> calls = {program("traced"), "family", "1000000000"};
  Bystander first(calls), second(calls), other(calls);
  Outcome outcome = run_script(fmt::format("{}uprobe:{}:traced_family_one {}", kOnlyThis, program("traced"), kTwo),
                               {"-q", "-p", text(first) + "," + text(second)});
  EXPECT_THAT(outcome.lines(), UnorderedElementsAre("@[" + text(first) + "]: 1", "@[" + text(second) + "]: 1"))
      << outcome;
}

bool has_ended(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

TEST_F(ScopeTest, the_run_ends_with_the_last_process) {
  Bystander first({program("traced"), "burn", "50"}), last({program("traced"), "burn", "800"});
  Outcome outcome = run_script("interval:s:100 { } end { print(1) }", {"-q", "-p", text(first) + "," + text(last)});
  EXPECT_EQ(outcome.text(), "1") << outcome;
  EXPECT_TRUE(has_ended(last.pid()));
}

TEST_F(ScopeTest, what_is_of_no_process_is_not_limited) {
  Bystander process({program("traced"), "pause"});
  Outcome outcome = run_script(R"(begin { printf("begin\n") } interval:ms:10 { @n++; if (@n == 3) { exit() } }
                                  self:signal:SIGUSR1 { printf("signal\n") } end { printf("end %d\n", @n); clear(@n) })",
                               {"-q", "-p", text(process)});
  EXPECT_THAT(outcome.lines(), ElementsAre("begin", "end 3")) << outcome;
}

// ---- Processes that come to be ----

TEST_F(ScopeTest, children_only_when_followed) {
  Bystander breeder({program("traced"), "breed", kForever}), other = sleeper();
  std::string script = std::string(kOnlyThis) + "tracepoint:syscalls:sys_enter_nanosleep { @[pid == " + text(breeder) +
                       "] = 1; if (@n++ == 40) { exit() } }";
  EXPECT_THAT(run_script(script, {"-q", "-p", text(breeder)}).lines(), ElementsAre("@[true]: 1"));
  EXPECT_THAT(run_script(script, {"-q", "--follow", "-p", text(breeder)}).lines(),
              UnorderedElementsAre("@[false]: 1", "@[true]: 1"));
}

TEST_F(ScopeTest, the_command_and_its_children) {
  Bystander other = sleeper();
  Outcome outcome = run_script("tracepoint:syscalls:sys_enter_nanosleep { @[pid == cpid] = count() }",
                               {"-q", "--follow", "-c", traced("breed 5")});
  EXPECT_THAT(outcome.lines(), ElementsAre("@[false]: 5", "@[true]: 5")) << outcome;
}

TEST_F(ScopeTest, functions_of_children) {
  Outcome outcome = run_script(fmt::format("uprobe:{}:traced_add {{ @[arg0] = count() }}", program("traced")),
                               {"-q", "--follow", "-c", traced("breed 5")});
  EXPECT_THAT(outcome.lines(), ElementsAre("@[1]: 5", "@[2]: 5")) << outcome;
}

TEST_F(ScopeTest, children_that_were_there_before) {
  Bystander parent({program("traced"), "shelter", kForever}), other = sleeper();
  Outcome outcome = run_script(std::string(kOnlyThis) + kSleeps, {"-q", "--follow", "-p", text(parent)});
  EXPECT_THAT(outcome.text(), AllOf(MatchesRegex("@.[0-9]+.: 1"), Not("@[" + text(other) + "]: 1"))) << outcome;
}

// The kernel then ends the first thread, whose id the process keeps.
TEST_F(ScopeTest, a_process_that_executes_from_a_thread) {
  Bystander other = sleeper();
  Outcome outcome = run_script("tracepoint:syscalls:sys_enter_nanosleep { @ = count() }",
                               {"-q", "--follow", "-c", traced("exec 300")});
  EXPECT_EQ(outcome.text(), "@: 300") << outcome;
}

TEST_F(ScopeTest, following_needs_a_process) {
  Outcome outcome = run_script("begin { }", {"--follow"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("--follow needs a process to begin with: -p PID or -c COMMAND"));
}

// ---- A tracer in a namespace of process ids: -p and pid count as it does ----

TEST_F(ScopeTest, in_a_pid_namespace) {
  TemporaryDirectory directory;
  std::string out = directory.path() + "/out";
  std::string script = directory.write("run.sh", fmt::format(R"(#!/bin/sh
{0} sleep 1000000 & first=$!
{0} breed 1000000 & second=$!
{0} sleep 1000000 & third=$!
count='{2} tracepoint:syscalls:sys_enter_nanosleep {{ @[pid == (uint64)$1, pid == (uint64)$2] = 1; if (@n++ == 40) {{ exit() }} }}'
echo one; {1} -q -e "$count" $first $second -p $first
echo two; {1} -q -e "$count" $first $second -p $first,$second
echo followed; {1} -q -e "$count" $first $second -p $second --follow
kill $first $second $third
)",
                                                             program("traced"), sonde_program(), kOnlyThis));
  std::string command = "unshare --pid --fork --mount-proc --kill-child sh " + script + " >" + out + " 2>&1";
  if (std::system("unshare --pid --fork --mount-proc --kill-child true 2>/dev/null") != 0)
    GTEST_SKIP() << "there is no unshare, or it may not make a pid namespace";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::istringstream lines(read_file(out));
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);)
    // Programs that were interrupted on a busy machine are told.
    if (!line.empty() && !line.starts_with("Missed "))
      seen.push_back(line);
  EXPECT_THAT(seen, ElementsAre("one", "@[true, false]: 1", "two", "@[false, true]: 1", "@[true, false]: 1", "followed",
                                "@[false, false]: 1", "@[false, true]: 1"));
}

// ---- Cgroups ----

std::string unified_hierarchy() {
  std::ifstream mounts("/proc/self/mounts");
  std::string device, path, type, rest;
  while (mounts >> device >> path >> type && std::getline(mounts, rest))
    if (type == "cgroup2")
      return path;
  return {};
}

// Two cgroups, one in the other, that go with the object.
class NestedCgroups {
public:
  NestedCgroups() : outer_(fmt::format("{}/sonde_test_{}", unified_hierarchy(), getpid())), inner_(outer_ + "/inner") {
    is_made_ = mkdir(outer_.c_str(), 0755) == 0 && mkdir(inner_.c_str(), 0755) == 0;
  }
  ~NestedCgroups() {
    // The kernel takes a moment to forget the last process.
    for (int tries = 0;
         tries < 1000 && (rmdir(inner_.c_str()) + rmdir(outer_.c_str())) != 0 && access(outer_.c_str(), F_OK) == 0;
         ++tries)
      usleep(10'000);
  }
  bool is_made() const { return is_made_; }
  const std::string &outer() const { return outer_; }
  void enter_inner(const Bystander &process) const { std::ofstream(inner_ + "/cgroup.procs") << process.pid(); }

private:
  std::string outer_, inner_;
  bool is_made_;
};

TEST_F(ScopeTest, processes_of_a_cgroup_and_those_below) {
  NestedCgroups cgroups;
  if (!cgroups.is_made())
    GTEST_SKIP() << "no cgroup of version 2 can be made here";
  Bystander inside = sleeper(), outside = sleeper();
  cgroups.enter_inner(inside);
  Outcome outcome = run_script(std::string(kOnlyThis) + kSleeps, {"-q", "--cgroup", cgroups.outer()});
  EXPECT_THAT(outcome.lines(), ElementsAre("@[" + text(inside) + "]: 1")) << outcome;
  outcome = run_script("interval:ms:500 { exit() } tracepoint:syscalls:sys_enter_nanosleep { @[pid] = 1 }",
                       {"-q", "--cgroup", cgroups.outer(), "-p", text(outside)});
  EXPECT_EQ(outcome.text(), "") << outcome;
}

TEST_F(ScopeTest, a_cgroup_limits_uprobes_too) {
  NestedCgroups cgroups;
  if (!cgroups.is_made())
    GTEST_SKIP() << "no cgroup of version 2 can be made here";
  std::vector<std::string> calls = {program("traced"), "name", "1000000000"};
  Bystander inside(calls), outside(calls);
  cgroups.enter_inner(inside);
  Outcome outcome =
      run_script(fmt::format("{}uprobe:{}:traced_name {{ @[pid, str(arg0)] = 1; if (@n++ == 50) {{ exit() }} }}",
                             kOnlyThis, program("traced")),
                 {"-q", "--cgroup", cgroups.outer()});
  EXPECT_THAT(outcome.lines(),
              UnorderedElementsAre("@[" + text(inside) + ", ada]: 1", "@[" + text(inside) + ", grace]: 1"))
      << outcome;
}

TEST_F(ScopeTest, a_folder_that_is_no_cgroup) {
  Outcome outcome = run_script("tracepoint:syscalls:sys_enter_nanosleep { @ = count() }", {"--cgroup", "/tmp"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("could not trace cgroup /tmp: the folder is not of a cgroup hierarchy of "
                                           "version 2"),
                                 HasSubstr("findmnt -t cgroup2")));
  outcome = run_script("tracepoint:syscalls:sys_enter_nanosleep { @ = count() }", {"--cgroup", "/nonexistent"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("could not open cgroup /nonexistent: No such file or directory"));
}

// ---- Kernel functions, and the processors' clocks ----

class ScopedKprobeTest : public KprobeTest {};

TEST_F(ScopedKprobeTest, functions_of_the_kernel) {
  Bystander traced({program("traced"), "sleep", kForever}), other({program("traced"), "sleep", kForever});
  Outcome outcome =
      run_script(std::string(kOnlyThis) +
                     "kprobe:do_nanosleep, kprobe:hrtimer_nanosleep { @[pid] = 1; if (@n++ == 20) { exit() } }",
                 {"-q", "-p", std::to_string(traced.pid())});
  EXPECT_EQ(outcome.text(), fmt::format("@[{}]: 1", traced.pid())) << outcome;
}

class ScopedSamplesTest : public TracerTest {};

TEST_F(ScopedSamplesTest, of_a_command_and_its_children) {
  Bystander other({program("traced"), "burn", "60000"});
  Outcome outcome = run_script(std::string(kOnlyThis) + "profile:hz:199 { @[comm] = 1; if (@n++ == 5) { exit() } }",
                               {"-q", "--follow", "-c", "sh -c '" + traced("burn 60000") + " & wait'"});
  EXPECT_THAT(outcome.lines(), AllOf(Not(IsEmpty()), ::testing::Each(MatchesRegex("@.(traced|sh|sonde).: 1"))))
      << outcome;
}

}  // namespace
}  // namespace sonde::test
