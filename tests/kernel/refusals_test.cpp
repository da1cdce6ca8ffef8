// Probes that cannot be: each refusal names the cause and, where there is one, the way out. What takes a run to happen
// is here, words for single errnos are in the unit tests.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kScriptIsWrong = 1;
constexpr int kWorldSaidNo = 3;

// ---- Files ----

class FileRefusalTest : public TracerTest {
protected:
  // A copy of a program with one byte of its ELF header changed.
  std::string changed(size_t offset, char byte) const {
    std::string path = directory_.path() + "/changed";
    std::filesystem::copy_file(program("traced"), path, std::filesystem::copy_options::overwrite_existing);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
    return path;
  }
  static void expect_refused(const std::string &probe, const std::string &cause) {
    Outcome outcome = run_script(probe + " { @ = count() }");
    EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(cause)) << outcome;
  }

  TemporaryDirectory directory_;
};

TEST_F(FileRefusalTest, what_is_no_program) {
  expect_refused("uprobe:" + directory_.write("text", "#!/bin/sh\n") + ":main", "it is not an ELF file");
  expect_refused("uprobe:" + directory_.write("empty", "") + ":main", "it is not an ELF file");
  expect_refused("uprobe:/tmp:main", "it is a directory");
  expect_refused("uprobe:/dev/null:main", "it is not a regular file");
  expect_refused("uprobe:no_such_program:main", "it is neither a program in PATH nor a library of the loader");
}

TEST_F(FileRefusalTest, programs_of_other_machines) {
  constexpr size_t kClass = 4, kMachine = 18;
  constexpr char k32Bit = 1, kSparc = 2;
  expect_refused("uprobe:" + changed(kClass, k32Bit) + ":main", "it is a 32-bit program, and only 64-bit ones");
  expect_refused("uprobe:" + changed(kMachine, kSparc) + ":main", "it was built for another machine");
  expect_refused("usdt:" + changed(kClass, k32Bit) + ":step", "it is a 32-bit program");
}

TEST_F(FileRefusalTest, places_in_a_program) {
  expect_refused("uprobe:" + program("traced") + ":traced_add+0x1000",
                 "the offset is past the end of traced_add, which");
#if defined(__x86_64__)
  expect_refused("uprobe:" + program("traced") + ":traced_add+1", "traced_add+1 is in the middle of an instruction");
#endif
  expect_refused("uprobe:" + program("shapes") + ":shapes_inlined",
                 "without those that the compiler inlined everywhere");
  expect_refused("uretprobe:" + program("traced") + ":traced_add+4", "is set on a whole function");
}

#if defined(__x86_64__)
TEST_F(FileRefusalTest, static_probes_that_nothing_turns_on) {
  expect_refused("usdt:" + program("shapes") + ":shapes:unreachable", "has no bytes for the counter that turns it on");
}
#endif

TEST_F(FileRefusalTest, processes_that_are_not_there) {
  Outcome outcome = Sonde({"-l", "uprobe:*:main", "-p", "4194000"}).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("process 4194000: there is no such process")) << outcome;
}

TEST_F(FileRefusalTest, listings_of_scripts_that_are_not_there) {
  Outcome outcome = Sonde({"-l", directory_.path() + "/missing.bt"}).run();
  EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("missing.bt: No such file or directory")) << outcome;
}

// ---- Files that change during the run ----

class ChangingFileTest : public FileRefusalTest {
protected:
  ChangingFileTest() : path_(directory_.path() + "/traced") { std::filesystem::copy_file(program("traced"), path_); }
  // Runs the file, changes it by a command of the shell, and goes on.
  Outcome trace_while(const std::string &change) const {
    std::string commands = fmt::format("{0} add 3; {1}; {2} add 1", path_, change, program("traced_pie"));
    return run_script(fmt::format("uprobe:{}:traced_add {{ @ = count() }}", path_),
                      {"-q", "-c", "/bin/sh -c '" + commands + "'"});
  }

  std::string path_;
};

TEST_F(ChangingFileTest, replaced) {
  Outcome outcome = trace_while(fmt::format("cp {0} {1}.new; mv {1}.new {1}; {1} add 5", program("traced"), path_));
  EXPECT_EQ(outcome.text(), "@: 3") << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: " + path_ +
                                     " was replaced during the run: only processes that had "
                                     "started before were traced in it"))
      << outcome;
}

TEST_F(ChangingFileTest, deleted) {
  Outcome outcome = trace_while("rm " + path_);
  EXPECT_EQ(outcome.text(), "@: 3") << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: " + path_ + " was deleted during the run")) << outcome;
}

TEST_F(ChangingFileTest, neither) { EXPECT_THAT(trace_while("true").err, Not(HasSubstr("WARNING"))); }

// ---- Rights ----

// An ordinary user with some of root's rights.
class RightsTest : public FileRefusalTest {
protected:
  void SetUp() override {
    FileRefusalTest::SetUp();
    if (access(kSetpriv, X_OK) != 0)
      GTEST_SKIP() << "there is no " << kSetpriv;
    chmod(directory_.path().c_str(), 0755);
    std::filesystem::copy_file(program("traced"), path());
  }
  std::string path() const { return directory_.path() + "/traced"; }
  Outcome run_with(const std::string &capabilities) const {
    std::string script = fmt::format("uprobe:{}:traced_add {{ @ = count() }}", path());
    return Sonde({"--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", capabilities,
                  "--ambient-caps", capabilities, sonde_program(), "-q", "-e", script, "-c", path() + " add 3"})
        .executable(kSetpriv)
        .run();
  }
  static constexpr const char *kSetpriv = "/usr/bin/setpriv";
};

// Where functions of programs are perf events (before 6.6), a setting of Debian's kernels leaves those to root.
TEST_F(RightsTest, two_capabilities_are_enough) {
  if (!kernel_is_at_least(5, 11))
    GTEST_SKIP() << "before 5.11 maps count as locked memory, of which an ordinary user has little";
  Outcome outcome = run_with("+bpf,+perfmon");
  if (outcome.status == 0) {
    EXPECT_EQ(outcome.text(), "@: 3") << outcome;
    return;
  }
  EXPECT_GT(std::stoi(read_file("/proc/sys/kernel/perf_event_paranoid")), 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("kernel.perf_event_paranoid leaves perf events to CAP_SYS_ADMIN")) << outcome;
}

TEST_F(RightsTest, one_of_them_is_not) {
  for (const char *capability : {"+bpf", "+perfmon"}) {
    Outcome outcome = run_with(capability);
    EXPECT_EQ(outcome.status, kWorldSaidNo) << outcome;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("the kernel does not permit it: this process may not"),
                                   HasSubstr("this needs root or the capabilities CAP_BPF and CAP_PERFMON")))
        << outcome;
  }
}

// ---- Some of several ----

class SeveralProbesTest : public TracerTest {
protected:
  static Outcome run(const std::string &setting) {
    return run_script(fmt::format("config = {{ {} }} uprobe:{}:traced_add, uprobe:{}:traced_ad {{ @ = count() }}",
                                  setting, program("traced"), program("traced")),
                      {"-c", traced("add 4")});
  }
};

TEST_F(SeveralProbesTest, one_that_is_missing_is_an_error_or_told_or_left_out) {
  Outcome refused = run("missing_probes = \"error\"");
  EXPECT_EQ(refused.status, kScriptIsWrong) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("ERROR: there is no function 'traced_ad'"), HasSubstr("did you mean")));
  Outcome told = run("missing_probes = \"warn\"");
  EXPECT_THAT(told.err, AllOf(HasSubstr("WARNING: there is no function 'traced_ad'"), HasSubstr("Attached 1 probe\n")));
  EXPECT_EQ(told.text(), "@: 4") << told;
  Outcome ignored = run("missing_probes = \"ignore\"");
  EXPECT_EQ(ignored.err, "Attached 1 probe\n") << ignored;
  EXPECT_EQ(ignored.text(), "@: 4") << ignored;
}

TEST_F(SeveralProbesTest, more_than_max_probes) {
  Outcome outcome = run_script("config = { max_probes = 3 } uprobe:" + program("traced") + ":traced_* { @ = count() }");
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("probes are more than max_probes (3)"), HasSubstr("narrower wildcard")));
}

class SeveralTracepointsTest : public TracepointTest {};

// One message, whichever place of the script it is about.
TEST_F(SeveralTracepointsTest, arguments_that_some_lack) {
  Outcome outcome = run_script("tracepoint:syscalls:sys_enter_open* /args.filename != 0/ { @ = count() }");
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("tracepoint:syscalls:sys_enter_open_by_handle_at")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("no argument 'filename'")) << outcome;
  EXPECT_EQ(outcome.err.find("ERROR"), outcome.err.rfind("ERROR")) << outcome;
}

// ---- Functions of the kernel ----

class KernelRefusalTest : public KprobeTest {
protected:
  static Outcome refusal_of(const std::string &probe) { return run_script(probe + " { @ = count() }"); }
};

// Part of breakpoints themselves: a probe there would call itself.
TEST_F(KernelRefusalTest, functions_that_the_kernel_keeps_probes_out_of) {
  // Where the kernel's list of functions has it, only the attempt shows.
  Outcome outcome = refusal_of("kprobe:notify_die");
  EXPECT_NE(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("marked notrace or is part of tracing itself")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("kprobes/blacklist lists functions")) << outcome;
  Outcome typed = refusal_of("fentry:notify_die");
  EXPECT_NE(typed.status, 0) << typed;
  EXPECT_THAT(typed.err, ::testing::AnyOf(HasSubstr("no place for a trampoline"), HasSubstr("which take none"),
                                          HasSubstr("there is no kernel function 'notify_die'")))
      << typed;
}

TEST_F(KernelRefusalTest, modules_that_are_not_loaded) {
  for (const char *probe : {"kprobe:no_such_module:f", "kretprobe:no_such_module:*", "fentry:no_such_module:f"}) {
    Outcome outcome = refusal_of(probe);
    EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("no kernel module 'no_such_module' with functions is loaded")) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("modprobe no_such_module")) << outcome;
  }
}

TEST_F(KernelRefusalTest, functions_that_do_not_exist) {
  Outcome outcome = refusal_of("kprobe:no_such_function_anywhere");
  EXPECT_EQ(outcome.status, kScriptIsWrong) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("inlined everywhere")) << outcome;
  EXPECT_THAT(refusal_of("kprobe:do_nanosleeep").err, HasSubstr("did you mean 'do_nanosleep'?"));
}

}  // namespace
}  // namespace sonde::test
