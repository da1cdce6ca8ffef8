// The scripts of examples/: all compile, and those that watch one command say what it does.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::ContainsRegex;

std::string example(const std::string &name) { return std::string(SONDE_EXAMPLES_DIR) + "/" + name + ".bt"; }

struct ExampleCase {
  const char *script;
  const char *mode;  // of programs/traced.c
  const char *expected;
};

void PrintTo(const ExampleCase &example_case, std::ostream *os) { *os << example_case.script; }

const ExampleCase kCases[] = {
    {"first_syscalls", "read 3", "traced: openat"},
    {"syscalls", "read 3", "traced +exit_group"},
    {"syscall_counts", "read 12", "@.traced, read.: 1[0-9]"},
    {"openat_pids", "open 1 /etc/passwd", "Hello, openat of process [0-9]+"},
    {"read_sizes", "read 12", "\\[512, 1K\\) +[0-9]+ \\|@"},
    {"read_latency", "read 12", "@us:"},
    {"read_cpu_time", "read 12", "@.CPU time of read .us..:"},
    {"read_stacks", "read 3", "do_syscall_64"},
    {"sleep_states", "read 12", "@left.[0-9]+.: [0-9]+"},
};

class ExampleTest : public TracepointTest, public ::testing::WithParamInterface<ExampleCase> {};

TEST_P(ExampleTest, runs) {
  Outcome outcome = Sonde({"-q", example(GetParam().script), "-c", traced(GetParam().mode)}).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex(GetParam().expected)) << outcome;
}

INSTANTIATE_TEST_SUITE_P(examples, ExampleTest, ::testing::ValuesIn(kCases),
                         [](const auto &example_case) { return std::string(example_case.param.script); });

// ---- Those of tutorials: libbpf-bootstrap's minimal programs and bootstrap, BCC's killsnoop and tcpv4connect ----

// As scripts, and as executables that the machine that compiles the tests built.
enum class Form : uint8_t { Script, Executable };

Sonde tutorial(Form form, const std::string &name, std::vector<std::string> words) {
  words.insert(words.begin(), "-q");
  if (form == Form::Executable)
    return std::move(Sonde(words).executable(std::string(SONDE_PORTABLE_DIR) + "/" + name));
  words.insert(words.begin() + 1, example(name));
  return Sonde(words);
}

std::string name_of(const ::testing::TestParamInfo<Form> &form) {
  return form.param == Form::Script ? "script" : "executable";
}

class TutorialTest : public TracepointTest, public ::testing::WithParamInterface<Form> {
protected:
  static constexpr const char *kTwoWrites = "/bin/sh -c 'echo one >/dev/null; echo two >/dev/null'";

  static Outcome watch(const std::string &name, const std::string &command, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"--follow", "-c", command};
    words.insert(words.end(), more.begin(), more.end());
    return tutorial(GetParam(), name, words).run();
  }
  static long lines(const std::string &text) { return std::count(text.begin(), text.end(), '\n'); }
  // A run that saw both of kTwoWrites. The kernel does not run a tracepoint's program while one runs on that CPU, be it
  // for another process that was preempted; sonde says so, and then there is another run.
  static Outcome run_two_writes(const Sonde &sonde) {
    constexpr int kMostRuns = 10;
    Outcome outcome = sonde.run();
    for (int i = 1; i < kMostRuns && lines(outcome.out) < 4 && outcome.err.find("Missed ") != std::string::npos; ++i)
      outcome = sonde.run();
    return outcome;
  }
};

TEST_P(TutorialTest, minimal_sees_the_writes_of_one_process) {
  for (const char *name : {"minimal", "minimal_legacy"}) {
    Outcome outcome = run_two_writes(tutorial(GetParam(), name, {"-c", kTwoWrites}));
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_THAT(outcome.out,
                ContainsRegex("^BPF triggered from PID [0-9]+\\.\nBPF triggered from PID [0-9]+\\.\n\n\n$"))
        << outcome;
  }
}

TEST_P(TutorialTest, minimal_takes_the_process_as_a_parameter) {
  Bystander writer({"/bin/sh", "-c", "while :; do echo >/dev/null; done"});
  std::string line = "BPF triggered from PID " + std::to_string(writer.pid()) + ".\n";
  for (const char *name : {"minimal", "minimal_legacy"}) {
    Outcome outcome = tutorial(GetParam(), name, {std::to_string(writer.pid())}).signal_after(line, SIGINT).run();
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_EQ(outcome.out.find(line), 0u) << outcome;
    Outcome other = tutorial(GetParam(), name, {std::to_string(getpid()), "-c", kTwoWrites}).run();
    EXPECT_EQ(lines(other.out), 2) << other;  // those before the maps
  }
}

TEST_P(TutorialTest, minimal_in_a_pid_namespace_goes_by_its_numbers) {
  std::vector<std::string> words = {"--pid", "--fork", "--mount-proc", sonde_program(), example("minimal_ns")};
  if (GetParam() == Form::Executable)
    words = {"--pid", "--fork", "--mount-proc", std::string(SONDE_PORTABLE_DIR) + "/minimal_ns"};
  words.insert(words.end(), {"-q", "-c", kTwoWrites});
  Outcome outcome = run_two_writes(Sonde(words).executable("/usr/bin/unshare"));
  EXPECT_EQ(outcome.status, 0) << outcome;
  // sonde is the namespace's first process; few others came before its child.
  EXPECT_THAT(outcome.out, ContainsRegex("^BPF triggered from PID [2-9]; the kernel's number is [0-9]{2,}\\.\n"))
      << outcome;
  EXPECT_EQ(lines(outcome.out), 4) << outcome;
}

TEST_P(TutorialTest, bootstrap_tells_of_starts_and_ends) {
  const std::string command = "/bin/sh -c '/bin/sleep 0.15; exit 3'";
  Outcome all = watch("process_times", command);
  EXPECT_EQ(all.status, 0) << all;
  EXPECT_THAT(all.out, ContainsRegex("EXEC +sh +[0-9]+ +[0-9]+ +/bin/sh\n")) << all;
  EXPECT_THAT(all.out, ContainsRegex("EXEC +sleep +[0-9]+ +[0-9]+ +/bin/sleep\n")) << all;
  EXPECT_THAT(all.out,
              ContainsRegex("EXIT +sleep +[0-9]+ +[0-9]+ +\\[0\\] \\((1[5-9][0-9]|[2-9][0-9][0-9]|[0-9]{4,})ms\\)\n"))
      << all;
  EXPECT_THAT(all.out, ContainsRegex("EXIT +sh +[0-9]+ +[0-9]+ +\\[3\\] ")) << all;
  // sleep's parent is the shell.
  EXPECT_EQ(sum_of(all.out, "EXEC +sh +([0-9]+)"), sum_of(all.out, "EXEC +sleep +[0-9]+ +([0-9]+)")) << all;
}

TEST_P(TutorialTest, bootstrap_leaves_out_what_ran_shorter) {
  Outcome outcome = watch("process_times", "/bin/sh -c '/bin/true; /bin/sleep 0.4'", {"--", "--min-ms=350"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex("EXIT +sleep ")) << outcome;
  EXPECT_EQ(outcome.out.find("EXEC"), std::string::npos) << outcome;
  EXPECT_EQ(outcome.out.find("true"), std::string::npos) << outcome;
}

TEST_P(TutorialTest, killsnoop_filters_by_signal_target_sender_and_failure) {
  // A shell tells itself nothing (0), and something (15) to a number that no process can have.
  const std::string command = "/bin/sh -c 'kill -0 $$; kill -15 4194305; true'";
  const std::string sent = "sh +0 +[0-9]+ +0\n", failed = "sh +15 +4194305 +-3\n";
  struct Case {
    std::vector<std::string> options;
    bool shows_sent, shows_failed;
  };
  const Case kFilters[] = {{{}, true, true},
                           {{"--signal=15"}, false, true},
                           {{"--target=4194305"}, false, true},
                           {{"--failed"}, false, true},
                           {{"--signal=9"}, false, false},
                           {{"--pid=1"}, false, false}};
  for (const Case &filter : kFilters) {
    std::vector<std::string> more = {"--"};
    more.insert(more.end(), filter.options.begin(), filter.options.end());
    Outcome outcome = watch("killsnoop", command, more);
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_EQ(std::regex_search(outcome.out, std::regex(sent)), filter.shows_sent) << outcome;
    EXPECT_EQ(std::regex_search(outcome.out, std::regex(failed)), filter.shows_failed) << outcome;
  }
  Bystander sender({"/bin/sh", "-c", "while :; do kill -0 $$; done"});
  std::string pid = std::to_string(sender.pid());
  Outcome outcome =
      tutorial(GetParam(), "killsnoop", {"--", "--pid=" + pid}).signal_after(" " + pid + " ", SIGINT).run();
  EXPECT_THAT(outcome.out, ContainsRegex(pid + " +sh +0 +" + pid + " +0\n")) << outcome;
}

INSTANTIATE_TEST_SUITE_P(as, TutorialTest, ::testing::Values(Form::Script, Form::Executable), name_of);

class TutorialKprobeTest : public KprobeTest, public ::testing::WithParamInterface<Form> {};

TEST_P(TutorialKprobeTest, tcpv4connect_tells_both_ends) {
  // Nobody listens: the connect itself is what counts.
  const std::string connect = "/bin/bash -c 'echo >/dev/tcp/127.0.0.1/4713 || true'";
  Outcome outcome = tutorial(GetParam(), "tcpv4connect", {"-c", connect}).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex("[0-9]+ +bash +127\\.0\\.0\\.1 +127\\.0\\.0\\.1 +4713\n")) << outcome;
}

INSTANTIATE_TEST_SUITE_P(as, TutorialKprobeTest, ::testing::Values(Form::Script, Form::Executable), name_of);

// Of each: a file that is added is tested. A kernel may be too old for a script, which must then say so.
class EveryExampleTest : public KprobeTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(EveryExampleTest, compiles) {
  Outcome outcome = Sonde({"-d", "types", example(GetParam())}).run();
  if (std::string reason = newer_kernel_needed(outcome); !reason.empty())
    GTEST_SKIP() << reason;
  EXPECT_EQ(outcome.status, 0) << outcome;
}

TEST_P(EveryExampleTest, fits_an_executable) {
  constexpr uintmax_t kMostBytes = 5 << 19;  // 2.5 MiB
  TemporaryDirectory directory;
  std::string executable = directory.path() + "/tracer";
  Outcome outcome = Sonde({"build", example(GetParam()), "-o", executable, "--target-kernel", "5.13"}).run();
  ASSERT_EQ(outcome.status, 0) << outcome;
  EXPECT_LE(std::filesystem::file_size(executable), kMostBytes);
}

std::vector<std::string> all_examples() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(SONDE_EXAMPLES_DIR))
    if (entry.path().extension() == ".bt")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(examples, EveryExampleTest, ::testing::ValuesIn(all_examples()),
                         [](const auto &name) { return name.param; });

}  // namespace
}  // namespace sonde::test
