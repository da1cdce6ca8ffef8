// The program of -c: waits until resumed, is reaped, and never outlives its owner.
#include "runtime/child_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/split_command.h"

namespace sonde::runtime {
namespace {

using Words = std::vector<std::string>;

Words words(std::string_view command) {
  auto split = split_command(command);
  return split ? split.take() : Words{"ERROR", split.error().cause};
}

TEST(SplitCommand, QuotesAndBackslashes) {
  EXPECT_EQ(words("  ls  -l\t/tmp "), (Words{"ls", "-l", "/tmp"}));
  EXPECT_EQ(words("sh -c 'a  \"b\" \\n'"), (Words{"sh", "-c", "a  \"b\" \\n"}));
  EXPECT_EQ(words("echo \"a \\\"b\\\" \\n\" c\\ d"), (Words{"echo", "a \"b\" \\n", "c d"}));
  EXPECT_EQ(words("echo '' \"\" x'y'z"), (Words{"echo", "", "", "xyz"}));
}

TEST(SplitCommand, Refusals) {
  EXPECT_EQ(words(" \t"), (Words{"ERROR", "there is no command in it"}));
  EXPECT_EQ(words(""), (Words{"ERROR", "there is no command in it"}));
  EXPECT_EQ(words("''"), (Words{"ERROR", "there is no command in it"}));
  EXPECT_EQ(words("echo 'x"), (Words{"ERROR", "a quote (') is not closed"}));
}

bool ends_within(const ChildProcess &child, int milliseconds) {
  pollfd wanted{child.pidfd(), POLLIN, 0};
  return poll(&wanted, 1, milliseconds) == 1;
}

TEST(ChildProcess, RunsOnlyWhenResumed) {
  auto child = ChildProcess::start_stopped("sh -c 'exit 7'");
  ASSERT_TRUE(child) << child.error().message();
  EXPECT_FALSE(ends_within(**child, 50));
  ASSERT_TRUE((*child)->resume().ok());
  EXPECT_TRUE(ends_within(**child, 5000));
  EXPECT_EQ((*child)->wait(), 7);
}

TEST(ChildProcess, DeathBySignalReadsAsInAShell) {
  auto child = ChildProcess::start_stopped("sh -c 'kill -TERM $$'");
  ASSERT_TRUE(child);
  ASSERT_TRUE((*child)->resume().ok());
  EXPECT_EQ((*child)->wait(), 128 + SIGTERM);
}

TEST(ChildProcess, DiesWithItsOwner) {
  pid_t pid = 0;
  for (bool resume : {false, true}) {
    {
      auto child = ChildProcess::start_stopped("sleep 1000");
      ASSERT_TRUE(child);
      pid = (*child)->pid();
      if (resume) {
        ASSERT_TRUE((*child)->resume().ok());
      }
      EXPECT_EQ(kill(pid, 0), 0);
    }
    EXPECT_EQ(kill(pid, 0), -1) << "reaped";
  }
}

TEST(ChildProcess, MissingProgramsAreNamed) {
  for (const char *command : {"no-such-program-here x", "/no/such/program", "/etc/passwd"}) {
    auto child = ChildProcess::start_stopped(command);
    ASSERT_FALSE(child) << command;
    EXPECT_NE(std::string(command).find(child.error().object), std::string::npos);
  }
}

}  // namespace
}  // namespace sonde::runtime
