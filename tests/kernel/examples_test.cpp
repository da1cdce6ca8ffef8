// The scripts of examples/: all compile, and those that watch one command say what it does.
#include <algorithm>
#include <filesystem>
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
};

class ExampleTest : public TracepointTest, public ::testing::WithParamInterface<ExampleCase> {};

TEST_P(ExampleTest, runs) {
  Outcome outcome = Sonde({"-q", example(GetParam().script), "-c", traced(GetParam().mode)}).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, ContainsRegex(GetParam().expected)) << outcome;
}

INSTANTIATE_TEST_SUITE_P(examples, ExampleTest, ::testing::ValuesIn(kCases),
                         [](const auto &example_case) { return std::string(example_case.param.script); });

// Of each: a file that is added is tested. A kernel may be too old for a script, which must then say so.
class EveryExampleTest : public KprobeTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(EveryExampleTest, compiles) {
  Outcome outcome = Sonde({"-d", "types", example(GetParam())}).run();
  if (std::string reason = newer_kernel_needed(outcome); !reason.empty())
    GTEST_SKIP() << reason;
  EXPECT_EQ(outcome.status, 0) << outcome;
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
