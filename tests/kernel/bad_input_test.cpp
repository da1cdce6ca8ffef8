// Scripts, files and rights that are wrong: each gets a clear line and its exit status, and nothing stays
// attached.
#include <sys/stat.h>

#include <random>

#include <fmt/format.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kScriptIsWrong = 1;
constexpr int kWorldSaidNo = 3;

struct BadScript {
  const char *name;
  const char *script;
  const char *place;                  // "line:column" where the error is
  std::vector<const char *> mention;  // what the message must name
};

void PrintTo(const BadScript &bad, std::ostream *os) { *os << bad.script; }

const BadScript kBadScripts[] = {
    {"unknown_identifier", "BEGIN { print(pidd) }", "1:15", {"'pidd'", "HINT", "pid"}},
    {"unknown_function", "BEGIN { pritnf(\"x\") }", "1:9", {"'pritnf'", "printf"}},
    {"unknown_variable", "BEGIN { printf(\"%d\", $nox) }", "1:22", {"$nox"}},
    {"unknown_field", "tracepoint:syscalls:sys_enter_openat { print(args.filenam) }", "1:", {"filenam", "filename"}},
    {"unknown_provider", "kprob:vfs_read { }", "1:1", {"kprob", "kprobe"}},
    {"unknown_tracepoint",
     "tracepoint:syscalls:sys_enter_opennat { }",
     "1:1",
     {"sys_enter_opennat", "sys_enter_openat"}},
    {"missing_brace", "BEGIN { print(1)", "1:", {}},
    {"missing_parenthesis", "BEGIN { print(1; }", "1:", {}},
    {"second_line", "BEGIN {\n  print(nonsense)\n}", "2:9", {"nonsense"}},
    {"string_predicate", "BEGIN / \"abc\" / { }", "1:", {"string"}},
    {"map_of_two_types", "BEGIN { @x = 1; @x = \"s\" }", "1:", {"@x"}},
    {"map_with_and_without_key", "BEGIN { @x = 1; @x[1] = 2 }", "1:", {"@x"}},
    {"variable_of_two_types", "BEGIN { $x = 1; $x = \"a\" }", "1:", {"$x"}},
    {"division_by_zero", "BEGIN { print(1/0) }", "1:", {"zero"}},
    {"remainder_by_zero", "BEGIN { print(1%0) }", "1:", {"zero"}},
    {"too_few_arguments_for_format", "BEGIN { printf(\"%d\\n\") }", "1:", {"argument"}},
    {"string_for_a_number_format", "BEGIN { printf(\"%d\\n\", \"s\") }", "1:", {"%d"}},
    {"unfinished_string", "BEGIN { printf(\"abc) }", "1:", {}},
    {"unfinished_comment", "BEGIN { } /* never closed", "1:", {"comment"}},
    {"number_too_large", "BEGIN { print(99999999999999999999999) }", "1:", {"99999999999999999999999"}},
    {"argument_in_begin", "BEGIN { print(arg0) }", "1:", {"arg0"}},
    {"missing_parameter_text", "kprobe: { }", "1:", {}},
    {"not_a_program", "uprobe:/nonexistent/program:f { }", "1:1", {"/nonexistent/program"}},
};

class BadScriptTest : public TracepointTest, public ::testing::WithParamInterface<BadScript> {};

TEST_P(BadScriptTest, is_refused_with_place_and_reason) {
  Outcome outcome = run_script(GetParam().script);
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(std::string(":") + GetParam().place));
  EXPECT_THAT(outcome.err, HasSubstr("ERROR:"));
  EXPECT_THAT(outcome.err, HasSubstr("^")) << "no caret under the place";
  for (const char *word : GetParam().mention)
    EXPECT_THAT(outcome.err, HasSubstr(word));
}

INSTANTIATE_TEST_SUITE_P(scripts, BadScriptTest, ::testing::ValuesIn(kBadScripts),
                         [](const auto &info) { return info.param.name; });

using BadInputTest = TracerTest;

TEST_F(BadInputTest, all_errors_of_a_script_are_reported) {
  Outcome outcome = run_script("BEGIN { print(first_unknown); print(second_unknown) }");
  EXPECT_THAT(outcome.err, HasSubstr("first_unknown")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("second_unknown"));
}

TEST_F(BadInputTest, a_function_that_the_program_lacks) {
  Outcome outcome = run_script("uprobe:" + program("traced") + ":traced_ad { }");
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("traced_add"));
}

TEST_F(BadInputTest, a_return_probe_in_a_go_program) {
  std::string probe = "retprobe:" + program("shapes_go") + ":main { printf(\"%d\\n\", retval) }";
  Outcome outcome = run_script("u" + probe);
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_THAT(outcome.err,
              HasSubstr("is a Go program, and a return probe ends such programs as soon as a stack grows"));
  EXPECT_THAT(outcome.err, HasSubstr("--unsafe sets the return probe all the same"));
  // One who knows better may; and entries are harmless.
  EXPECT_EQ(run_script("u" + probe, {"-q", "--unsafe", "-c", program("shapes_go")}).text(), "0");
  EXPECT_EQ(
      run_script("uprobe:" + program("shapes_go") + ":main { @ = count() }", {"-q", "-c", program("shapes_go")}).text(),
      "@: 1");
}

TEST_F(BadInputTest, a_file_that_is_not_there) {
  Outcome outcome = Sonde({"/nonexistent/script.bt"}).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/script.bt"));
  EXPECT_THAT(outcome.err, HasSubstr("No such file or directory"));
}

TEST_F(BadInputTest, a_folder_for_a_script) {
  Outcome outcome = Sonde({"/tmp"}).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Is a directory"));
}

TEST_F(BadInputTest, an_empty_script) {
  Outcome outcome = Sonde({"-"}).input("").run();
  EXPECT_NE(outcome.status, 0) << outcome;
  EXPECT_NE(outcome.err, "");
}

TEST_F(BadInputTest, binary_garbage) {
  std::mt19937 random(1);
  std::string garbage(100000, '\0');
  for (char &c : garbage)
    c = static_cast<char>(random());
  TemporaryDirectory directory;
  Outcome outcome = Sonde({directory.write("garbage.bt", garbage)}).run();
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome.status;
  EXPECT_THAT(outcome.err, HasSubstr("ERROR:"));
  EXPECT_LT(outcome.err.size(), 20000u) << "an error message for every byte helps nobody";
  EXPECT_THAT(outcome.err, Not(HasSubstr("\x1b"))) << "bytes of the script reach the terminal";
}

TEST_F(BadInputTest, five_megabytes_of_script) {
  std::string script;
  while (script.size() < 5'000'000)
    script += "// a line that says nothing, so that there is much of it\n";
  script += "BEGIN { printf(\"done\\n\"); exit() }\n";
  TemporaryDirectory directory;
  Outcome outcome = Sonde({"-q", directory.write("large.bt", script)}).run();
  EXPECT_EQ(outcome.text(), "done") << outcome.status << outcome.err.substr(0, 1000);
}

TEST_F(BadInputTest, five_megabytes_of_one_expression) {
  std::string script = "BEGIN { print(1";
  while (script.size() < 5'000'000)
    script += "+1";
  script += ") }";
  TemporaryDirectory directory;
  Outcome outcome = Sonde({"-q", directory.write("deep.bt", script)}).run();
  // Either answer will do; a crash or a hang will not.
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_THAT(outcome.status, ::testing::AnyOf(0, kScriptIsWrong)) << outcome.err.substr(0, 1000);
}

TEST_F(BadInputTest, a_probe_too_large_for_bpf) {
  std::string script = "BEGIN { @x = 1; @y[0] = 1;";
  for (int i = 0; i < 8000; ++i)
    script += "@x = @x * " + std::to_string(i) + " + @y[" + std::to_string(i) + "];\n";
  TemporaryDirectory directory;
  Outcome outcome = Sonde({"-q", directory.write("large.bt", script + "}")}).run();
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome.err.substr(0, 1000);
  EXPECT_THAT(outcome.err, HasSubstr("too large for BPF"));
}

TEST_F(BadInputTest, deeply_nested_parentheses) {
  std::string script = "BEGIN { print(" + std::string(200'000, '(') + "1" + std::string(200'000, ')') + ") }";
  TemporaryDirectory directory;
  Outcome outcome = Sonde({"-q", directory.write("nested.bt", script)}).run();
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_THAT(outcome.status, ::testing::AnyOf(0, kScriptIsWrong)) << outcome.err.substr(0, 1000);
}

TEST_F(BadInputTest, without_root) {
  Outcome outcome = Sonde({"-e", "BEGIN { exit() }"}).user(65534).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("root"));
}

TEST_F(BadInputTest, an_unreadable_file) {
  TemporaryDirectory directory;
  std::string script = directory.write("secret.bt", "BEGIN { }");
  chmod(script.c_str(), 0);
  chmod(directory.path().c_str(), 0755);
  Outcome outcome = Sonde({script}).user(65534).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Permission denied"));
}

TEST_F(BadInputTest, an_output_file_that_cannot_be_made) {
  Outcome outcome = run_script("BEGIN { exit() }", {"-o", "/nonexistent/folder/out"});
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/folder/out"));
}

TEST_F(BadInputTest, a_kernel_function_that_does_not_exist) {
  Outcome outcome = run_script("kprobe:do_nanosleeep { }");
  EXPECT_NE(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("do_nanosleeep"));
}

}  // namespace
}  // namespace sonde::test
