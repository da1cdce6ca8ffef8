// Programs as Debian ships them: stripped, position-independent, with symbols for the linker alone. Where one is not
// installed there is nothing to test.
#include <fmt/format.h>
#include <unistd.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
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

}  // namespace
}  // namespace sonde::test
