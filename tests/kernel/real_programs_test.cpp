// Programs as Debian ships them: stripped, position-independent, with symbols for the linker alone. Where one is not
// installed there is nothing to test.
#include <fmt/format.h>
#include <unistd.h>

#include <regex>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class RealProgramTest : public TracerTest {
protected:
  static bool is_missing(const char *path) { return access(path, X_OK) != 0; }

  TemporaryDirectory directory_;
};

#define SKIP_WITHOUT(path)                                                                                             \
  if (is_missing(path))                                                                                                \
  GTEST_SKIP() << path << " is not installed"

// A fixed environment: what a program does depends on it.
constexpr const char *kPlain = "env -i PATH=/usr/bin:/bin LC_ALL=C ";

TEST_F(RealProgramTest, lines_that_bash_reads) {
  SKIP_WITHOUT("/bin/bash");
  Outcome outcome = Sonde({"-q", "-o", directory_.path() + "/out", "-e",
                           R"(uretprobe:/bin/bash:readline /pid == cpid/ { printf("read '%s'\n", str(retval)) })", "-c",
                           "/bin/bash --norc --noprofile -i"})
                        .input("echo one\nexit\n")
                        .run();
  EXPECT_EQ(read_file(directory_.path() + "/out"), "read 'echo one'\nread 'exit'\n\n\n") << outcome;
}

TEST_F(RealProgramTest, what_ls_gets_from_malloc) {
  Outcome outcome = run_script("uprobe:libc:malloc /pid == cpid/ { @calls = count(); @bytes = sum(arg0) } "
                               "uretprobe:libc:malloc /pid == cpid && retval != 0/ { @given = count() }",
                               {"-q", "-c", "/bin/ls -d /"});
  auto number = [&](const std::string &map) { return sum_of(outcome.out, "@" + map + ": ([0-9]+)"); };
  EXPECT_GT(number("calls"), 10u) << outcome;
  EXPECT_GT(number("bytes"), number("calls")) << outcome;
  EXPECT_EQ(number("given"), number("calls")) << outcome;
}

TEST_F(RealProgramTest, modules_that_python_imports) {
  SKIP_WITHOUT("/usr/bin/python3");
  if (Sonde({"-l", "usdt:/usr/bin/python3:python:import__find__load__*"}).run().text().empty())
    GTEST_SKIP() << "this python has no static probes";
  std::string script = directory_.write("imports.py", "import colorsys\nimport colorsys\n");
  Outcome outcome =
      run_script(R"(usdt:/usr/bin/python3:python:import__find__load__* /pid == cpid && str(arg0) == "colorsys"/
      { @[probe] = count() })",
                 {"-q", "-c", fmt::format("{}/usr/bin/python3 -I {}", kPlain, script)});
  std::string name = "usdt:/usr/bin/python3:python:import__find__load__";
  EXPECT_THAT(outcome.lines(),
              UnorderedElementsAre(fmt::format("@[{}start]: 1", name), fmt::format("@[{}done]: 1", name)))
      << outcome;
}

TEST_F(RealProgramTest, lines_that_python_runs) {
  SKIP_WITHOUT("/usr/bin/python3");
  if (Sonde({"-l", "usdt:/usr/bin/python3:python:line"}).run().text().empty())
    GTEST_SKIP() << "this python has no static probes";
  std::string script = directory_.write("loop.py", "for i in range(3):\n  i += 1\n");
  Outcome outcome = run_script(fmt::format(R"(usdt:/usr/bin/python3:line /str(arg0) == "{}" && arg2 == 2/
      {{ @ = count() }})",
                                           script),
                               {"-q", "-c", fmt::format("{}/usr/bin/python3 -I {}", kPlain, script)});
  EXPECT_EQ(outcome.text(), "@: 3") << outcome;
}

// One openssl sends another a word, encrypted, through a socket of the file system.
constexpr const char *kTalk = R"(cd "$1" || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=sonde 2>/dev/null
mkfifo idle
openssl s_server -quiet -naccept 1 -unix socket -cert cert -key key <idle >received 2>/dev/null &
exec 3>idle
for ((i = 0; i < 200; i++)); do [[ -S socket ]] && break; sleep 0.05; done
echo secret | openssl s_client -quiet -no_ign_eof -unix socket >/dev/null 2>&1
exec 3>&-
wait
)";

TEST_F(RealProgramTest, what_openssl_encrypts) {
  SKIP_WITHOUT("/usr/bin/openssl");
  SKIP_WITHOUT("/bin/bash");
  std::string talk = directory_.write("talk.sh", kTalk);
  Outcome outcome = run_script(R"(uprobe:libssl:SSL_write { printf("%s", str(arg1, arg2)) }
      uretprobe:libssl:SSL_read /(int32)retval > 0/ { @read = sum(retval) })",
                               {"-q", "--follow", "-c", fmt::format("/bin/bash {} {}", talk, directory_.path())});
  EXPECT_THAT(outcome.lines(), AllOf(Contains("secret"), Contains("@read: 7"))) << outcome;
  EXPECT_EQ(read_file(directory_.path() + "/received"), "secret\n");
}

// ---- Rust ----

class RustTest : public RealProgramTest {
protected:
  void SetUp() override {
    RealProgramTest::SetUp();
    if (access(binary().c_str(), X_OK) != 0)
      GTEST_SKIP() << "built without a Rust compiler";
  }
  static std::string binary() { return program("squares"); }
};

TEST_F(RustTest, methods_by_the_names_of_the_source) {
  Outcome outcome =
      run_script(fmt::format(R"(uprobe:{0}:cpp:"squares::shapes::Square::area" {{ printf("%s %d", func, arg1) }}
      uretprobe:{0}:cpp:"squares::shapes::Square::area" {{ printf(" = %d\n", retval) }})",
                             binary()),
                 {"-q", "-c", binary()});
  EXPECT_THAT(outcome.lines(),
              ElementsAre("squares::shapes::Square::area 10 = 0", "squares::shapes::Square::area 10 = 10",
                          "squares::shapes::Square::area 10 = 40"))
      << outcome;
}

TEST_F(RustTest, arguments_by_their_names) {
  Outcome outcome = run_script(
      fmt::format(R"(uprobe:{}:cpp:"squares::shapes::Square::area" {{ @[args.self.side] = sum(args.scale) }})",
                  binary()),
      {"-q", "-c", binary()});
  EXPECT_THAT(outcome.lines(), ElementsAre("@[0]: 10", "@[1]: 10", "@[2]: 10")) << outcome;
}

TEST_F(RustTest, names_without_their_hashes_are_listed) {
  Outcome outcome = Sonde({"-l", fmt::format("uprobe:{}:cpp:\"squares::*\"", binary())}).run();
  EXPECT_THAT(outcome.lines(), Contains("uprobe:" + binary() + ":cpp:\"squares::shapes::Square::area\"")) << outcome;
}

// ---- Go ----

class GoTest : public RealProgramTest {
protected:
  void SetUp() override {
    RealProgramTest::SetUp();
    if (access(binary().c_str(), X_OK) != 0)
      GTEST_SKIP() << "built without a Go compiler";
  }
  static std::string binary() { return program("squares_go"); }
  static std::string mode(const std::string &name) { return binary() + " " + name; }
};

TEST_F(GoTest, functions_and_their_registers) {
  Outcome outcome = run_script(
      fmt::format(
          R"(uprobe:{0}:main.area {{ @[func, reg("ax"), reg("bx")] = count() }} uprobe:{0}:main.de* {{ @deep = count() }})",
          binary()),
      {"-q", "-c", mode("area")});
#if defined(__x86_64__)
  EXPECT_THAT(outcome.lines(),
              UnorderedElementsAre("@[main.area, 0, 10]: 1", "@[main.area, 1, 10]: 1", "@[main.area, 2, 10]: 1"))
      << outcome;
#endif
  Outcome named = run_script(fmt::format("uprobe:{}:main.area {{ print(args.side) }}", binary()));
  EXPECT_EQ(named.status, 1) << named;
  EXPECT_THAT(named.err, HasSubstr("the arguments of Go's functions")) << named;
}

// The refusal names the return instructions, and probes there see each return while the stack grows.
TEST_F(GoTest, return_probes_are_refused_and_their_replacement_works) {
  Outcome refused = run_script(fmt::format("uretprobe:{}:main.deepen {{ @ = count() }}", binary()));
  EXPECT_EQ(refused.status, 1) << refused;
  EXPECT_THAT(refused.err,
              HasSubstr("is a Go program, and a return probe ends such programs as soon as a stack grows"));
  EXPECT_THAT(refused.err, HasSubstr("--unsafe sets the return probe all the same"));
  std::string script;
  std::regex place("main\\.deepen\\+[0-9]+");
  for (std::sregex_iterator found(refused.err.begin(), refused.err.end(), place), end; found != end; ++found)
    script += fmt::format("uprobe:{}:{} {{ @ = count() }} ", binary(), found->str());
  ASSERT_NE(script, "") << refused;
  EXPECT_EQ(run_script(script, {"-q", "-c", mode("deepen")}).text(), "@: 1001");
}

// Why they are refused. Where no stack grows in between, they count right.
TEST_F(GoTest, forced_return_probes_end_programs_whose_stacks_grow) {
  std::string options = "uretprobe:" + binary();
  Outcome lucky = run_script(options + ":main.area { @ = count() }", {"-q", "--unsafe", "-c", mode("area")});
  EXPECT_EQ(lucky.text(), "@: 3") << lucky;
  Outcome fatal = run_script(options + ":main.deepen { @ = count() }", {"-q", "--unsafe", "-c", mode("deepen")});
  EXPECT_THAT(fatal.err, HasSubstr("fatal error: unknown caller pc")) << fatal;
}

TEST_F(GoTest, wildcards_of_returns_are_refused_as_well) {
  Outcome refused = run_script(fmt::format("uretprobe:{}:main.* {{ @ = count() }}", binary()));
  EXPECT_EQ(refused.status, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("is a Go program")) << refused;
}

}  // namespace
}  // namespace sonde::test
