// Stacks and symbols in every form. Expected texts are those of bpftrace 0.27.
#include <cstdlib>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;

std::string probe_add(const std::string &body) {
  return "uprobe:" + program("traced") + ":traced_add { " + body + " }";
}

// Where in the source a frame is, is the business of debug_info_test.cpp.
class StacksTest : public TracerTest {
protected:
  void SetUp() override {
    setenv("BPFTRACE_SHOW_DEBUG_INFO", "0", 1);
    TracerTest::SetUp();
  }
  void TearDown() override {
    TracerTest::TearDown();
    unsetenv("BPFTRACE_SHOW_DEBUG_INFO");
  }

  static Outcome on_add(const std::string &body, const std::string &calls = "1") {
    return run_script(probe_add(body), {"-q", "-c", traced("add " + calls)});
  }
};

TEST_F(StacksTest, user_stacks_as_keys) {
  Outcome outcome = on_add("@[ustack(1)] = count(); @by[ustack(1), comm] = count()", "3");
  EXPECT_EQ(outcome.text(), "@[\n        traced_add+0\n]: 3\n@by[\n        traced_add+0\n, traced]: 3") << outcome;
}

TEST_F(StacksTest, whole_user_stacks_start_in_the_function) {
  Outcome outcome = on_add("printf(\"[%s]\", ustack)");
  EXPECT_THAT(outcome.out, StartsWith("[\n        traced_add+0\n        ")) << outcome;
}

TEST_F(StacksTest, modes) {
  Outcome outcome =
      on_add("printf(\"%s\", ustack(perf, 1)); printf(\"%s\", ustack(raw, 1)); print(ustack(build_id, 1))");
  EXPECT_THAT(outcome.out, MatchesRegex("\n\t[0-9a-f]+ traced_add\\+0 \\(/[^\n]*/traced\\)\n"
                                        "\n[0-9a-f]+\n"
                                        "\n[0-9a-f]{40} 0x[0-9a-f]+\n\n\n\n"))
      << outcome;
}

TEST_F(StacksTest, the_mode_can_be_a_setting) {
  Outcome outcome =
      run_script("config = { stack_mode = \"raw\" } " + probe_add("print(ustack(1))"), {"-q", "-c", traced("add 1")});
  EXPECT_THAT(outcome.text(), MatchesRegex("[0-9a-f]+")) << outcome;
}

TEST_F(StacksTest, position_independent_programs) {
  Outcome outcome = run_script("uprobe:" + program("traced_pie") + ":traced_add { print(ustack(1)) }",
                               {"-q", "-c", program("traced_pie") + " add 1"});
  EXPECT_THAT(outcome.out, StartsWith("\n        traced_add+0\n")) << outcome;
}

TEST_F(StacksTest, kernel_stacks) {
  Outcome outcome = run_script("BEGIN { @[kstack(3)] = count(); printf(\"%s\", kstack(perf, 2)); exit() }", {"-q"});
  EXPECT_THAT(outcome.out, MatchesRegex("\n\t[0-9a-f]+ [^\n]+\\+[0-9]+\n\t[0-9a-f]+ [^\n]+\\+[0-9]+\n\n\n@\\[\n"
                                        "(        [^\n]+\\+[0-9]+\n){3}\\]: 1\n"))
      << outcome;
}

TEST_F(StacksTest, kernel_symbols_and_their_addresses) {
  Outcome outcome = run_script(
      "BEGIN { $a = kaddr(\"vfs_read\"); printf(\"%s %s %d\\n\", ksym($a), ksym($a + 1), $a > 0); @[ksym($a)] = 1; }",
      {"-q"});
  EXPECT_EQ(outcome.text(), "vfs_read vfs_read 1\n\n\n@[vfs_read]: 1") << outcome;
}

TEST_F(StacksTest, addresses_without_a_symbol) {
  Outcome outcome = run_script("BEGIN { print(ksym(1)); print(usym(1)); print(ksym(0)) }", {"-q"});
  EXPECT_EQ(outcome.text(), "0x1\n0x1\n0") << outcome;
}

}  // namespace
}  // namespace sonde::test
