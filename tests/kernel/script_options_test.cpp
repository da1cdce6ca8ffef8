// Options and parameters of scripts, and scripts of several files, as users give them.
#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;

class ScriptOptionsTest : public TracerTest {};

const char *const kScript = R"(
macro depth() { getopt("depth", 35, "Maximum depth") }
begin {
  printf("%d %d %s %d\n", depth, getopt("all", false, "Show all"), getopt("name", "nobody"), $1);
  if getopt("all") { printf("all\n") }
  for $i : 0..depth { if $i > 1 { break } printf("%d", $i) }
  printf("\n");
})";

TEST_F(ScriptOptionsTest, defaults_and_given_values) {
  EXPECT_EQ(run_script(kScript, {"-q"}).text(), "35 0 nobody 0\n01");
  EXPECT_EQ(run_script(kScript, {"-q", "--", "--depth=1", "7", "--all", "--name=a long name = text"}).text(),
            "1 1 a long name = text 7\nall\n0");
  EXPECT_EQ(run_script(kScript, {"-q", "8", "--", "--depth=-2", "--all=false"}).text(), "-2 0 nobody 8");
}

TEST_F(ScriptOptionsTest, long_texts_are_whole) {
  std::string text(190, 'x');  // old kernels get strings of 200 bytes
  Outcome outcome = run_script(R"(begin { printf("%s\n", getopt("name", "")) })", {"-q", "--", "--name=" + text});
  EXPECT_EQ(outcome.text(), text);
}

TEST_F(ScriptOptionsTest, constants_where_literals_are_needed) {
  Outcome outcome = run_script(R"(begin { unroll (getopt("n", 2)) { printf("x") } printf(getopt("f", "\n")) })",
                               {"-q", "--", "--n=3", "--f=end\n"});
  EXPECT_EQ(outcome.text(), "xxxend");
}

TEST_F(ScriptOptionsTest, help_lists_them) {
  Outcome outcome = run_script(kScript, {"--", "--help"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.out, "Usage: sonde -e SCRIPT -- [OPTIONS]\n"
                         "\n"
                         "Options of the script:\n"
                         "  --depth=NUMBER  Maximum depth (default 35)\n"
                         "  --all           Show all (default false)\n"
                         "  --name=TEXT     (default \"nobody\")\n");
}

TEST_F(ScriptOptionsTest, wrong_ones_are_errors_of_the_command_line) {
  struct {
    const char *option, *message;
  } cases[] = {
      {"--deth=1", "the script has no option --deth; it has --depth, --all, --name"},
      {"--depth", "--depth needs a value: --depth=NUMBER"},
      {"--depth=many", "--depth takes a number, not 'many'"},
      {"--depth=", "--depth takes a number, not ''"},
      {"--depth=9223372036854775808", "does not fit into 64 bits"},
      {"--all=maybe", "--all takes true or false, not 'maybe'"},
      {"--name", "--name needs a value: --name=TEXT"},
  };
  for (const auto &wrong : cases) {
    Outcome outcome = run_script(kScript, {"--", wrong.option});
    EXPECT_EQ(outcome.status, 2) << wrong.option;
    EXPECT_THAT(outcome.err, HasSubstr(wrong.message));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(ScriptOptionsTest, scripts_of_several_files) {
  TemporaryDirectory folder;
  folder.write("lib.bt", "macro greet(who) { printf(\"hello %s\\n\", who); }\nbegin { printf(\"lib\\n\") }\n");
  std::string script = folder.write("main.bt", "import \"lib.bt\";\nbegin { greet(getopt(\"who\", \"you\")) }\n");
  EXPECT_EQ(Sonde({"-q", script, "--", "--who=me"}).run().text(), "lib\nhello me");
}

TEST_F(ScriptOptionsTest, messages_at_run_time_name_the_file_that_they_come_from) {
  TemporaryDirectory folder;
  folder.write("lib.bt", "begin {\n  warnf(\"from the library\");\n}\n");
  std::string script = folder.write("main.bt", "import \"lib.bt\";\nbegin { errorf(\"from the script\") }\n");
  Outcome outcome = Sonde({"-q", script}).run();
  EXPECT_THAT(outcome.err, HasSubstr("lib.bt:2:3-"));
  EXPECT_THAT(outcome.err, HasSubstr("main.bt:2:9-"));
}

}  // namespace
}  // namespace sonde::test
