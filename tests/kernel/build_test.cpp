// What `sonde build` makes: executables and objects that do what the script does.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BuildTest : public TracerTest {
protected:
  // Builds the script; the name's ending says what of it. Returns the file's path.
  std::string build(const std::string &script, const std::string &name = "tracer", std::vector<std::string> more = {}) {
    std::string path = directory_.path() + "/" + name;
    std::vector<std::string> words = {"build", "-e", script, "-o", path};
    words.insert(words.end(), more.begin(), more.end());
    Outcome outcome = Sonde(words).run();
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_EQ(outcome.out, "");
    return path;
  }
  static Outcome run(const std::string &path, std::vector<std::string> words = {}) {
    return Sonde(std::move(words)).executable(path).run();
  }
  const std::string &directory() const { return directory_.path(); }

private:
  TemporaryDirectory directory_;
};

std::string counts_calls() {
  return "uprobe:" + program("traced") + ":traced_add { @calls = count(); @last[comm] = arg0 } " +
         R"(END { printf("done in %s\n", probe) })";
}

TEST_F(BuildTest, an_executable_prints_what_the_script_prints) {
  Outcome script = run_script(counts_calls(), {"-c", traced("add 12")});
  Outcome executable = run(build(counts_calls()), {"-c", traced("add 12")});
  EXPECT_EQ(executable.status, 0) << executable;
  EXPECT_THAT(executable.out, HasSubstr("@calls: 12\n"));
  EXPECT_EQ(executable.out, script.out);
  EXPECT_EQ(executable.err, script.err);
}

TEST_F(BuildTest, an_executable_is_small_and_needs_no_library) {
  constexpr uintmax_t kMostBytes = 5 << 19;  // 2.5 MiB
  std::string path = build(counts_calls());
  EXPECT_LE(std::filesystem::file_size(path), kMostBytes);
  Outcome segments = Sonde({"-lW", path}).executable("/usr/bin/readelf").run();
  EXPECT_THAT(segments.out, HasSubstr("LOAD"));
  EXPECT_THAT(segments.out, Not(HasSubstr("INTERP")));
}

// Executables are linked from less of the libraries that know these.
TEST_F(BuildTest, an_executable_finds_names_as_sonde_does) {
  for (const char *variant : {"shapes", "shapes_linked", "shapes_mini"}) {
    std::string script = "uprobe:" + program(variant) +
                         ":shapes_outer { print(ustack); print(usym(arg0)); print((username, strerror(2))) }";
    Outcome by_sonde = run_script(script, {"-c", program(variant)});
    Outcome alone = run(build(script), {"-c", program(variant)});
    EXPECT_THAT(alone.out, HasSubstr("shapes_outer+0"));
    EXPECT_THAT(alone.out, HasSubstr("(root, No such file or directory)"));
    EXPECT_EQ(alone.out, by_sonde.out) << variant;
  }
}

TEST_F(BuildTest, an_object_is_run_by_sonde) {
  std::string path = build(counts_calls(), "tracer.bpf.o");
  Outcome outcome = Sonde({path, "-c", traced("add 3")}).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("@calls: 3\n"));
  EXPECT_NE(access(path.c_str(), X_OK), 0);
}

TEST_F(BuildTest, takes_the_options_of_a_run) {
  std::string path = build(R"(BEGIN { @ = 7; exit(5) })");
  EXPECT_THAT(run(path, {"--help"}).out, HasSubstr("--strict"));
  Outcome json = run(path, {"-f", "json", "-q", "-o", directory() + "/out"});
  EXPECT_EQ(json.status, 5) << json;
  EXPECT_THAT(read_file(directory() + "/out"), HasSubstr(R"({"type": "map", "data": {"@": 7}})"));
  Outcome wrong = run(path, {"--stritc"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--stritc"));
}

TEST_F(BuildTest, is_limited_to_processes_when_it_is_run) {
  std::string path = build("uprobe:" + program("traced") + R"(:traced_add { @[pid == cpid] = count() })");
  Outcome child = run(path, {"-q", "--follow", "-c", traced("breed 2")});
  EXPECT_EQ(child.text(), "@[false]: 2\n@[true]: 2") << child;
  Bystander other({program("traced"), "pause"});
  Outcome none = Sonde({"-q", "-p", std::to_string(other.pid())}).executable(path).signal_at(0.5, SIGINT).run();
  EXPECT_EQ(none.text(), "") << none;
}

TEST_F(BuildTest, the_environment_of_the_run_changes_what_a_run_decides) {
  for (const char *name : {"tracer", "tracer.bpf.o"}) {
    std::string path = build(R"(begin { @ = 7; printf("%s\n", str($1)) })", name);
    bool is_object = path.ends_with(".o");
    auto start = [&](const std::string &variable, const std::string &value) {
      std::vector<std::string> words = {"-q", "text"};
      if (is_object)
        words.insert(words.begin() + 1, path);
      return Sonde(words).executable(is_object ? sonde_program() : path).environment(variable, value).run();
    };
    EXPECT_EQ(start("BPFTRACE_PRINT_MAPS_ON_EXIT", "0").text(), "text") << name;
    Outcome built_in = start("BPFTRACE_MAX_STRLEN", "2");
    EXPECT_THAT(built_in.out, HasSubstr("text\n"));
    EXPECT_THAT(built_in.err, HasSubstr("WARNING: max_strlen is settled where stdin is built")) << built_in;
    Outcome wrong = start("SONDE_PRINT_MAPS_ON_EXIT", "perhaps");
    EXPECT_EQ(wrong.status, 3) << wrong;
    EXPECT_THAT(wrong.err, HasSubstr("SONDE_PRINT_MAPS_ON_EXIT"));
  }
}

TEST_F(BuildTest, too_many_probes_are_refused_where_they_are_matched) {
  std::string path = build("uprobe:" + program("traced") + ":traced_* { @ = count() }");
  Outcome outcome = Sonde({"--dry-run"}).executable(path).environment("BPFTRACE_MAX_PROBES", "1").run();
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("probes are more than max_probes (1)"));
}

TEST_F(BuildTest, help_tells_of_options_whose_names_are_taken) {
  std::string path = build(R"(begin { print((getopt("verbose"), getopt("times", 3, "how often"))) })");
  Outcome help = run(path, {"--help"});
  EXPECT_THAT(help.out, HasSubstr("behind --:\n  --verbose  (default false)\n")) << help;
  EXPECT_EQ(run(path, {"--times=4", "--", "--verbose"}).text(), "(true, 4)");
}

TEST_F(BuildTest, stamps_where_asked) {
  std::string script = R"(BEGIN { printf("one\n"); exit() })";
  Outcome without = run(build(script), {"--json-typed"});
  EXPECT_EQ(without.status, 3) << without;
  EXPECT_THAT(without.err, HasSubstr("build it with --ordered"));
  Outcome with = run(build(script, "stamped", {"--ordered"}), {"--json-typed", "-q"});
  EXPECT_EQ(with.status, 0) << with;
  EXPECT_THAT(with.out, HasSubstr("\"time_ns\"")) << with;
}

TEST_F(BuildTest, an_executable_that_was_cut_says_so) {
  std::string path = build("BEGIN { exit() }");
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  Outcome outcome = run(path);
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("carries no script"));
}

TEST_F(BuildTest, an_executable_that_was_changed_says_so) {
  std::string path = build("BEGIN { exit() }");
  std::string bytes = read_file(path);
  bytes[bytes.rfind("source_text")] = 'S';
  std::ofstream(path, std::ios::binary) << bytes;
  Outcome outcome = run(path);
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("checksum"));
}

// ---- Other kernels' types, other architectures ----

constexpr const char *kReadsTask = R"(begin { printf("%d %d\n", curtask->pid == tid(init), curtask->tgid > 0) })";

std::string copy_of_kernel_types(const std::string &folder) {
  std::string copy = folder + "/kernel.btf";
  std::ofstream(copy, std::ios::binary) << read_file("/sys/kernel/btf/vmlinux");
  return copy;
}

TEST_F(BuildTest, types_come_from_a_file) {
  std::string types = copy_of_kernel_types(directory());
  EXPECT_EQ(run(build(kReadsTask, "tracer", {"--target-btf", types})).text(), "1 1");
}

// As on a kernel that does not describe itself.
TEST_F(BuildTest, a_file_describes_the_running_kernel) {
  std::string tracer = build(kReadsTask);
  std::string types = copy_of_kernel_types(directory());
  EXPECT_EQ(Sonde({}).executable(tracer).environment("BPFTRACE_BTF", types).run().text(), "1 1");
  Outcome none = Sonde({}).executable(tracer).environment("BPFTRACE_BTF", "/nowhere.btf").run();
  EXPECT_EQ(none.status, 3);
  EXPECT_THAT(none.err, AllOf(HasSubstr("ERROR: the types of this kernel ("),
                              HasSubstr("/nowhere.btf: No such file or directory")))
      << none;
}

// The kernel at hand, with another name for a number.
TEST_F(BuildTest, values_of_enums_go_by_the_names_that_they_have_where_they_are_printed) {
  std::string types = read_file("/sys/kernel/btf/vmlinux"), name = std::string("PIDTYPE_SID") + '\0';
  size_t at = types.find('\0' + name);
  ASSERT_NE(at, std::string::npos);
  types.replace(at + 1, name.size() - 1, "PIDTYPE_XYZ");
  std::ofstream(directory() + "/renamed.btf", std::ios::binary) << types;
  std::string tracer = build(R"(begin { $t = (enum pid_type)3; print($t); @[$t, 1] = (2, $t) })");
  EXPECT_EQ(run(tracer).text(), "PIDTYPE_SID\n\n\n@[PIDTYPE_SID, 1]: (2, PIDTYPE_SID)");
  EXPECT_EQ(Sonde({"-q"}).executable(tracer).environment("BPFTRACE_BTF", directory() + "/renamed.btf").run().text(),
            "PIDTYPE_XYZ\n\n\n@[PIDTYPE_XYZ, 1]: (2, PIDTYPE_XYZ)");
}

TEST_F(BuildTest, a_copy_of_what_lies_otherwise_is_refused) {
  std::string types = read_file("/sys/kernel/btf/vmlinux");
  std::string name = '\0' + std::string("skc_daddr") + '\0';
  size_t at = types.find(name);
  ASSERT_NE(at, std::string::npos);
  types.replace(at, name.size(), '\0' + std::string("skc_other") + '\0');
  std::ofstream(directory() + "/renamed.btf", std::ios::binary) << types;
  std::string tracer = build("begin { $common = ((struct sock *)0).__sk_common; print($common.skc_family) }");
  Outcome outcome = Sonde({}).executable(tracer).environment("BPFTRACE_BTF", directory() + "/renamed.btf").run();
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("struct sock_common is copied as a whole, and lies otherwise in this kernel ("));
}

TEST_F(BuildTest, wrong_files_of_types) {
  Outcome absent = Sonde({"build", "-e", kReadsTask, "-o", "/dev/null", "--target-btf", "/nowhere.btf"}).run();
  EXPECT_EQ(absent.status, 3);
  EXPECT_THAT(absent.err, HasSubstr("could not read kernel types from /nowhere.btf: No such file"));
  Outcome other = Sonde({"build", "-e", kReadsTask, "-o", "/dev/null", "--target-btf", "/proc/version"}).run();
  EXPECT_THAT(other.err, HasSubstr("it is not BTF"));
}

TEST_F(BuildTest, another_architecture) {
  std::string object = build(kReadsTask, "x.bpf.o", {"--target-arch", "arm64"});
  Outcome outcome = Sonde({object}).run();
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("it was built for arm64; this machine is x86_64"));
  std::vector<std::string> words = {"build", "-e", kReadsTask, "-o", directory() + "/x", "--target-arch", "arm64"};
  Outcome executable = Sonde(words).run();
  EXPECT_EQ(executable.status, 3);
  EXPECT_THAT(executable.err, HasSubstr("an executable begins with the runtime, which is here only for x86_64"));
  words.back() = "sparc";
  EXPECT_EQ(Sonde(words).run().status, 2);
}

TEST_F(BuildTest, what_older_kernels_lack_names_the_option) {
  std::vector<std::string> words = {"build", "-e", "begin { @[1] = 1; for ($e : @) { print($e) } }", "-o", "/dev/null"};
  Outcome outcome = Sonde(words).run();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("needs Linux 5.13; this is for 5.10 and later (--target-kernel)")) << outcome;
  words.insert(words.end(), {"--target-kernel", "5.13"});
  EXPECT_EQ(Sonde(words).run().status, 0);
}

TEST_F(BuildTest, refusals) {
  EXPECT_EQ(Sonde({"build", "-e", "BEGIN { exit() }"}).run().status, 2);
  Outcome nowhere = Sonde({"build", "-e", "BEGIN { exit() }", "-o", "/nowhere/tracer"}).run();
  EXPECT_EQ(nowhere.status, 3);
  EXPECT_THAT(nowhere.err, HasSubstr("could not write /nowhere/tracer"));
  Outcome script = Sonde({"build", "-e", "BEGIN { exit( }", "-o", directory() + "/x"}).run();
  EXPECT_EQ(script.status, 1);
  EXPECT_FALSE(std::filesystem::exists(directory() + "/x"));
  std::string object = build("BEGIN { exit() }", "x.bpf.o");
  EXPECT_EQ(Sonde({"-d", object}).run().status, 2);
}

}  // namespace
}  // namespace sonde::test
