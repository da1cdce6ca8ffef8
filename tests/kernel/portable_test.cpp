// Executables that were built once, on the machine that compiles the tests: this kernel, whichever it is, runs them.
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

// What tests/kernel/portable/NAME.bt was built to.
std::string built(const std::string &name) { return std::string(SONDE_PORTABLE_DIR) + "/" + name; }

class PortableTest : public TracerTest {
protected:
  static Outcome run(const std::string &name, std::vector<std::string> words = {}) {
    return Sonde(std::move(words)).executable(built(name)).run();
  }
};

class PortableTracepointTest : public TracepointTest {};
class PortableKprobeTest : public KprobeTest {};

// Lines "WHAT VALUE VALUE", both values alike.
void expect_alike(const Outcome &outcome, const std::string &what) {
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("(^|\n)" + what + " ")) << outcome;
  for (const std::string &line : outcome.lines()) {
    size_t first = line.find(' '), second = line.rfind(' ');
    if (line.substr(0, first) == what) {
      EXPECT_EQ(line.substr(first + 1, second - first - 1), line.substr(second + 1)) << outcome;
    }
  }
}

std::string running_release() {
  utsname names{};
  uname(&names);
  return names.release;
}

TEST_F(PortableTest, fields_are_found_where_they_are_here) {
  Outcome outcome = run("fields");
  EXPECT_EQ(outcome.status, 0) << outcome;
  for (const char *what : {"tid", "pid", "comm", "ppid"})
    expect_alike(outcome, what);
  EXPECT_THAT(outcome.out, HasSubstr("release " + running_release() + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr("nested 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("contained 1\n"));
}

TEST_F(PortableTest, offsets_and_sizes_are_this_kernels) {
  Outcome here = run_script(R"(begin { printf("offset %d\nsize %d\nsecond %d\n", offsetof(struct task_struct, pid),
                               sizeof(struct task_struct), sizeof(struct task_struct)) })");
  Outcome outcome = run("fields");
  EXPECT_EQ(here.status, 0) << here;
  EXPECT_THAT(outcome.out, HasSubstr(here.text())) << outcome;
}

// Else the tests above would show nothing.
TEST_F(PortableTest, offsets_differ_from_those_of_the_kernel_it_was_built_with) {
  std::string object = read_file(built("fields"));
  EXPECT_THAT(object, Not(HasSubstr("\"kernel_release\": \"\"")));
  if (object.find("\"kernel_release\": \"" + running_release() + "\"") != std::string::npos)
    GTEST_SKIP() << "they were built with this kernel";
  Outcome outcome = run("fields");
  std::ifstream offsets(built("offset_of_pid"));
  std::string there;
  ASSERT_TRUE(offsets >> there);
  EXPECT_THAT(outcome.out, Not(HasSubstr("offset " + there + "\n"))) << outcome;
}

// The script itself says of the kernel at hand what its executable finds out there.
TEST_F(PortableTracepointTest, what_kernels_have_and_lack) {
  std::vector<std::string> words = {"-q", "-c", "/bin/sleep 0.01"};
  Outcome outcome = Sonde(words).executable(built("drift")).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  words.push_back(built("drift") + ".bt");
  // Clang reads the flavours: seconds on a slow guest.
  Outcome here = Sonde(words).seconds(60).run();
  EXPECT_EQ(here.status, 0) << here;
  auto begin = [](const Outcome &of) { return of.out.substr(0, of.out.find("@left")); };
  EXPECT_EQ(begin(outcome), begin(here));
  EXPECT_THAT(outcome.out, HasSubstr("fields 1 0 "));
  EXPECT_THAT(outcome.out, HasSubstr("types 1 0 1 "));
  EXPECT_THAT(outcome.out, HasSubstr("functions 1 0 1\n"));
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("@left.1.: [1-9]")) << outcome;
}

// Else the kernel knows neither the lines of the script nor what its maps hold.
TEST_F(PortableTest, the_kernel_takes_the_types_of_the_object) {
  Outcome outcome = run("fields", {"-vv"});
  EXPECT_THAT(outcome.err, Not(HasSubstr("Error loading .BTF into kernel"))) << outcome;
}

TEST_F(PortableTest, a_bitfield) {
  Outcome outcome = run("bitfield", {"-q", "-c", traced("reset")});
  EXPECT_EQ(outcome.text(), "01") << outcome;
}

TEST_F(PortableTest, what_belongs_to_the_machine) {
  Outcome outcome = run("machine");
  if (outcome.err.find("has no symbol") != std::string::npos)
    GTEST_SKIP() << "this kernel does not tell where its variables are: " << outcome.err;
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("jiffies 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("own 1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("none 0\n"));
  Outcome here = run_script(R"(begin { printf("cpus %d\n", ncpus) })");
  EXPECT_THAT(outcome.out, HasSubstr(here.text()));
}

TEST_F(PortableTest, constants_are_checked) {
  Outcome outcome = run("constants");
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("10 "));
}

TEST_F(PortableTest, parameters_and_options_of_the_run) {
  Outcome defaults = run("parameters");
  EXPECT_EQ(defaults.text(), "1  0\n5 nobody quiet\n\n\n@[nobody]: false") << defaults;
  Outcome given = run("parameters", {"0x10", "--count=-7", "ada", "--name", "eve", "--loud"});
  EXPECT_EQ(given.text(), "17 ada 2\n-7 eve loud\n\n\n@[eve]: true") << given;
  Outcome behind = run("parameters", {"--", "3", "--loud=false", "--name=x", "ada"});
  EXPECT_EQ(behind.text(), "4 ada 2\n5 x quiet\n\n\n@[x]: true") << behind;
  EXPECT_THAT(run("parameters", {"--help"}).out,
              AllOf(HasSubstr("[$1] [$2]"), HasSubstr("--count NUMBER"), HasSubstr("how many (default 5)")));
}

TEST_F(PortableTest, wrong_parameters) {
  Outcome number = run("parameters", {"many"});
  EXPECT_EQ(number.status, 3) << number;
  EXPECT_THAT(number.err, HasSubstr("could not take $1: the script needs a number there, not 'many'"));
  EXPECT_EQ(run("parameters", {"--count=many"}).status, 2);
  EXPECT_EQ(run("parameters", {"--colour"}).status, 2);
  EXPECT_THAT(run("parameters", {"1", std::string(200, 'x')}).err, HasSubstr("at most 127 bytes"));
  EXPECT_EQ(run("fields", {"word"}).status, 2);
}

TEST_F(PortableTracepointTest, system_calls) {
  Outcome outcome = Sonde({"-q", "-c", "/bin/cat /proc/version"}).executable(built("syscalls")).run();
  EXPECT_THAT(outcome.out, HasSubstr("@opened[/proc/version]: 1\n")) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("@[tracepoint:syscalls:sys_exit_openat]: "));
}

TEST_F(PortableTracepointTest, a_record) {
  Outcome outcome = Sonde({"-q", "-c", "/bin/true"}).executable(built("exec")).run();
  EXPECT_THAT(outcome.out, HasSubstr("/bin/true 1\n")) << outcome;
}

TEST_F(PortableTracepointTest, a_raw_tracepoint) {
  Outcome outcome = Sonde({"-q", "-c", "/bin/sleep 0.01"}).executable(built("raw")).run();
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("@left: [1-9]")) << outcome;
}

TEST_F(PortableKprobeTest, functions) {
  Outcome outcome = Sonde({"-q", "-c", "/bin/sleep 0.01"}).executable(built("functions")).run();
  EXPECT_THAT(outcome.out, HasSubstr("slept 0\n")) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("@: 1\n"));
}

TEST_F(PortableKprobeTest, the_first_alternative_that_this_kernel_has) {
  Outcome outcome = Sonde({"-c", "/bin/sleep 0.01"}).executable(built("alternatives")).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Attached 2 probes\n")) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("@[kprobe:do_nanosleep]: 1\n")) << outcome;
  bool is_renamed = Sonde({"-l", "kprobe:folio_add_lru"}).run().out == "kprobe:folio_add_lru\n";
  const char *name = is_renamed ? "folio_add_lru" : "lru_cache_add";
  EXPECT_THAT(outcome.out, HasSubstr(std::string("@pages[kprobe:") + name + "]: ")) << outcome;
}

TEST_F(PortableKprobeTest, a_function_with_types) {
  Outcome outcome = Sonde({"-q", "-c", "/bin/cat /proc/version"}).executable(built("typed_function")).run();
  EXPECT_THAT(outcome.out, HasSubstr("@[version]: 1\n")) << outcome;
}

}  // namespace
}  // namespace sonde::test
