// Raw tracepoints, fentry and fexit, hardware events, static probes of user programs; what is left out when the
// kernel refuses some of the probes.
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// ---- Raw tracepoints ----

using RawTracepointTest = TracepointTest;

TEST_F(RawTracepointTest, typed_arguments) {
  Outcome outcome = run_script(
      R"(rawtracepoint:sched_process_exec /pid == cpid/ { printf("%s %d\n", str(args.bprm->filename), args.p->pid == pid) })",
      {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.text(), program("traced") + " 1") << outcome;
}

TEST_F(RawTracepointTest, numbered_arguments) {
  Outcome outcome =
      run_script("rt:sys_enter /pid == cpid && arg1 == 35/ { @ = count() }", {"-q", "-c", traced("sleep 4")});
  EXPECT_EQ(outcome.text(), "@: 4") << outcome;
}

TEST_F(RawTracepointTest, wildcards_and_names) {
  Outcome outcome = run_script("rt:sys_e* /pid == cpid/ { @[probe] = count() }", {"-q", "-c", traced("sleep 1")});
  EXPECT_THAT(outcome.text(), HasSubstr("@[rawtracepoint:sys_enter]: ")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@[rawtracepoint:sys_exit]: ")) << outcome;
}

TEST_F(RawTracepointTest, arguments_that_do_not_exist_are_refused) {
  Outcome outcome = run_script("rt:sched_process_exec { @ = arg5 }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the script reads an argument that it does not have")) << outcome;
}

TEST_F(RawTracepointTest, listing_shows_types) {
  Outcome outcome = Sonde({"-lv", "rt:sched_process_exec"}).run();
  EXPECT_THAT(outcome.lines(), Contains("rawtracepoint:sched_process_exec")) << outcome;
  EXPECT_THAT(outcome.lines(), Contains("    struct task_struct * p")) << outcome;
}

// ---- Functions of the kernel, typed ----

using FentryTest = KprobeTest;

TEST_F(FentryTest, typed_arguments) {
  Outcome outcome = run_script(R"(fentry:vfs_read /pid == cpid && args.count == 1024/
      { printf("%d %s %d\n", args.count, func, args.file->f_flags >= 0) })",
                               {"-q", "-c", traced("read 12")});
  if (outcome.err.find("'func' is not available") == std::string::npos) {
    EXPECT_EQ(outcome.text(), "1024 vfs_read 1") << outcome;
  }
}

TEST_F(FentryTest, results_and_arguments_at_the_return) {
  Outcome outcome =
      run_script(R"(fexit:vfs_read /pid == cpid && args.count == 1024/ { printf("%d %d\n", retval, args.count) })",
                 {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "1024 1024") << outcome;
}

TEST_F(FentryTest, paths_of_files) {
  Outcome outcome = run_script("fentry:security_file_open /pid == cpid/ { @[path(args.file.f_path)] = count(); "
                               "@short[path(args.file.f_path, 5)] = count() }",
                               {"-q", "-c", traced("open 3 /etc/passwd")});
  EXPECT_THAT(outcome.text(), HasSubstr("@[/etc/passwd]: 3")) << outcome;
}

TEST_F(FentryTest, cookies_of_sockets) {
  Outcome outcome = run_script("fentry:udp_sendmsg /pid == cpid/ { $a = socket_cookie(args.sk); "
                               "print($a > 0 && $a == socket_cookie(args.sk)) }",
                               {"-q", "-c", "bash -c 'echo x > /dev/udp/127.0.0.1/9'"});
  if (std::string why = newer_kernel_needed(outcome); !why.empty())
    GTEST_SKIP() << why;
  EXPECT_EQ(outcome.text(), "true") << outcome;
}

TEST_F(FentryTest, variables_of_each_cpu) {
  Outcome outcome = run_script("BEGIN { print(((struct rq *)percpu_kaddr(\"runqueues\")).cpu == cpu); "
                               "print(((struct rq *)percpu_kaddr(\"runqueues\", ncpus - 1)).cpu == ncpus - 1); "
                               "print(percpu_kaddr(\"runqueues\", 100000)); }",
                               {"-q"});
  EXPECT_EQ(outcome.text(), "true\ntrue\n0x0") << outcome;
}

TEST_F(FentryTest, older_names_and_wildcards) {
  Outcome outcome = run_script("kfunc:vfs_rea*,kretfunc:vfs_read /pid == cpid/ { @[probe] = count() }",
                               {"-q", "-c", traced("read 12")});
  EXPECT_THAT(outcome.text(), HasSubstr("@[fentry:vmlinux:vfs_read]: ")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@[fexit:vmlinux:vfs_read]: ")) << outcome;
}

TEST_F(FentryTest, bpf_programs_as_targets) {
  Bystander traced_tracer({sonde_program(), "-q", "-e", "interval:ms:50 { @ = count() }"});
  for (int tries = 0; tries < 100 && Sonde({"-l", "fentry:bpf:interval_1"}).run().text().empty(); ++tries)
    ;
  Outcome outcome = run_script(R"(fexit:bpf:interval_1 { printf("%s\n", probe); exit() })", {"-q"});
  EXPECT_THAT(outcome.text(), MatchesRegex("fexit:bpf:[0-9]+:interval_1")) << outcome;
}

TEST_F(FentryTest, bpf_programs_that_are_not_there) {
  Outcome outcome = run_script("fentry:bpf:no_such_program { @ = count() }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("there is no loaded BPF program 'no_such_program'")) << outcome;
}

// ---- System calls by the functions behind them ----

using KsyscallTest = KprobeTest;

TEST_F(KsyscallTest, arguments_and_result) {
  Outcome outcome = run_script(R"(ksyscall:read /pid == cpid && arg2 == 1024/ { @size = arg2; @reads = count() }
      kretsyscall:read /pid == cpid && @size/ { @result = retval; @size = 0 })",
                               {"-q", "-c", traced("read 12")});
  EXPECT_THAT(outcome.text(), HasSubstr("@reads: 1\n")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@result: 1024\n")) << outcome;
}

TEST_F(KsyscallTest, wildcards_name_the_system_call) {
  Outcome outcome =
      run_script("ksyscall:rea* /pid == cpid && arg2 == 1024/ { @[probe] = count() }", {"-q", "-c", traced("read 12")});
  EXPECT_EQ(outcome.text(), "@[ksyscall:read]: 1") << outcome;
}

TEST_F(KsyscallTest, six_arguments_at_most) {
  Outcome outcome = run_script("ksyscall:read { print(arg6) }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("at most 6 arguments here: arg0 to arg5")) << outcome;
}

// ---- Iterators ----

using IteratorTest = TracerTest;

TEST_F(IteratorTest, tasks) {
  Bystander sleeper({"/bin/sleep", "100"});
  Outcome outcome =
      run_script(R"(iter:task { printf("%s:%d\n", ctx.task.comm, ctx.task.pid) } end { printf("done\n") })", {"-q"});
  EXPECT_THAT(outcome.lines(), Contains("sleep:" + std::to_string(sleeper.pid()))) << outcome;
  EXPECT_EQ(outcome.lines().back(), "done") << outcome;
  EXPECT_EQ(outcome.status, 0) << outcome;
}

TEST_F(IteratorTest, open_files_of_tasks) {
  Bystander sleeper({"/bin/sleep", "100"});
  std::string script = "iter:task_file /ctx.task.pid == " + std::to_string(sleeper.pid()) + "/ { @[ctx.fd] = count() }";
  EXPECT_THAT(run_script(script, {"-q"}).text(), HasSubstr("@[0]: 1"));
}

TEST_F(IteratorTest, run_alone) {
  Outcome outcome = run_script("iter:task { @ = count() } interval:s:1 { exit() }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("iter probes run alone, only begin and end go with them")) << outcome;
}

// A file system for BPF objects of its own.
class PinTest : public TracerTest {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (mount("bpf", folder_.path().c_str(), "bpf", 0, nullptr) != 0)
      GTEST_SKIP() << "no file system for BPF objects can be mounted here: " << std::strerror(errno);
    is_mounted_ = true;
  }
  void TearDown() override {
    if (is_mounted_)
      umount(folder_.path().c_str());
  }
  static std::string text_of(const std::string &path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryDirectory folder_;
  bool is_mounted_ = false;
};

TEST_F(PinTest, reading_a_pin_runs_its_program) {
  std::string pin = folder_.path() + "/tasks";
  Outcome outcome = run_script("iter:task:" + pin + R"( /ctx.task.tgid == ctx.task.pid/
      { $n = ctx.task.pid; printf("%s|%-9d|%x|%s|100%%\n", ctx.task.comm, $n, $n, "text"); })");
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Program pinned to " + pin)) << outcome;
  EXPECT_EQ(outcome.text(), "") << outcome;
  // Started when sonde is gone.
  Bystander sleeper({"/bin/sleep", "100"});
  std::string wanted = fmt::format("|{:<9}|{:x}|text|100%\n", sleeper.pid(), sleeper.pid());
  EXPECT_THAT(text_of(pin), HasSubstr(wanted));
  EXPECT_THAT(text_of(pin), HasSubstr(wanted)) << "it can be read again";

  outcome = run_script("iter:task:" + pin + R"( { printf("other\n") })");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("there is already a file of that name")) << outcome;
  EXPECT_EQ(unlink(pin.c_str()), 0);
}

TEST_F(PinTest, names_without_a_slash_are_below_the_usual_folder) {
  constexpr const char *kFolder = "/sys/fs/bpf";
  struct statfs system {};
  if (statfs(kFolder, &system) != 0 || static_cast<unsigned long>(system.f_type) != BPF_FS_MAGIC)
    GTEST_SKIP() << kFolder << " is not mounted";
  std::string name = fmt::format("sonde_test_{}", getpid()), pin = std::string(kFolder) + "/" + name;
  Outcome outcome = run_script(fmt::format("iter:task:{} {{ printf(\"<%d>\\n\", ctx.task.pid) }}", name));
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Program pinned to " + pin)) << outcome;
  EXPECT_THAT(text_of(pin), HasSubstr(fmt::format("<{}>\n", getpid())));
  EXPECT_EQ(unlink(pin.c_str()), 0);
}

TEST_F(PinTest, dry_runs_leave_no_pin) {
  std::string pin = folder_.path() + "/tasks";
  Outcome outcome = run_script("iter:task:" + pin + R"( { printf("x\n") })", {"--dry-run"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_NE(access(pin.c_str(), F_OK), 0) << outcome;
}

TEST_F(PinTest, places_where_no_pin_can_be) {
  TemporaryDirectory elsewhere;
  Outcome outcome = run_script("iter:task:" + elsewhere.path() + R"(/x { printf("x\n") })");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("is not in a file system for BPF objects")) << outcome;
  outcome = run_script("iter:task:" + folder_.path() + R"(/none/x { printf("x\n") })");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("there is no folder " + folder_.path() + "/none")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("mkdir")) << outcome;
}

TEST_F(PinTest, what_needs_a_running_sonde) {
  Outcome outcome = run_script(R"(iter:task:x { print(1); printf("%s", curtask); printf("%5.2s", comm) })");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("print() needs a running sonde")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the kernel has no text for a value of type")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("which have no such %s")) << outcome;
  outcome = run_script("iter:task: { print(1) }");
  EXPECT_THAT(outcome.err, HasSubstr("the name of the pin is missing")) << outcome;
}

// ---- Refusals ----

class RefusedTest : public TracerTest {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (access("/sys/bus/event_source/devices/cpu/type", F_OK) == 0)
      GTEST_SKIP() << "this machine counts hardware events";
  }
};

TEST_F(RefusedTest, hardware_events_that_the_machine_does_not_count) {
  Outcome outcome = run_script("hardware:cache-misses:1000 { @ = count() }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("could not attach to hardware:cache-misses:1000: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("does not count that event")) << outcome;
}

TEST_F(RefusedTest, missing_probes_leaves_out_what_is_refused) {
  std::string probes = "h:cycles { @ = count() } interval:ms:10 { exit() }";
  Outcome outcome = run_script("config = { missing_probes = warn } " + probes);
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: could not attach to hardware:cycles: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("WARNING: attached 1 of 2 probes\n")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Attached 1 probe\n")) << outcome;
  Outcome ignored = run_script("config = { missing_probes = ignore } " + probes);
  EXPECT_EQ(ignored.err, "Attached 1 probe\n") << ignored;
}

TEST_F(RefusedTest, nothing_left_is_an_error) {
  Outcome outcome = run_script("config = { missing_probes = warn } h:cycles { @ = count() }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("ERROR: could not attach to hardware:cycles: ")) << outcome;
}

// ---- Files that are not there any more ----

class DeletedFileTest : public TracerTest {
protected:
  DeletedFileTest() : path_(directory_.path() + "/traced") { install(); }
  void install() const {
    std::filesystem::copy_file(program("traced"), path_ + ".new");
    std::filesystem::rename(path_ + ".new", path_);
  }
  // Once it runs the file.
  void wait_for(const Bystander &process) const {
    std::string link = fmt::format("/proc/{}/exe", process.pid());
    std::error_code ignored;
    for (int tries = 0; tries < 1000 && std::filesystem::read_symlink(link, ignored) != path_; ++tries)
      usleep(10'000);
  }
  std::string script() const {
    return fmt::format("uprobe:{}:traced_family_one {{ printf(\"%s\\n\", probe); exit() }}", path_);
  }

  TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(DeletedFileTest, still_runs) {
  Bystander process({path_, "family", "1000000000"});
  wait_for(process);
  unlink(path_.c_str());
  Outcome outcome = run_script(script(), {"-q", "-p", std::to_string(process.pid())});
  EXPECT_EQ(outcome.text(), "uprobe:" + path_ + ":traced_family_one") << outcome;
  outcome = run_script(script());
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("No such file or directory"));
}

TEST_F(DeletedFileTest, runs_the_old_file_after_an_update) {
  Bystander process({path_, "family", "1000000000"});
  wait_for(process);
  install();
  Outcome outcome = run_script(script(), {"-q", "-p", std::to_string(process.pid())});
  EXPECT_EQ(outcome.text(), "uprobe:" + path_ + ":traced_family_one") << outcome;
}

// ---- Static probes ----

#if defined(__x86_64__)
class UsdtTest : public TracerTest, public ::testing::WithParamInterface<const char *> {
protected:
  std::string binary() const { return program(GetParam()); }
  Outcome trace(const std::string &script, const std::string &mode) const {
    return run_script(script, {"-q", "-c", binary() + " " + mode});
  }
};

TEST_P(UsdtTest, arguments_of_every_form) {
  Outcome outcome = trace(
      fmt::format(R"(usdt:{}:traced:step {{ printf("%d %lld %s %d\n", arg0, arg1, str(arg2), arg3) }})", binary()),
      "usdt 2");
  EXPECT_THAT(outcome.lines(), ElementsAre("0 -1234567890123 static 1000", "-7 -1234567890123 static 1",
                                           "1 -1234567890123 static 1001", "-7 -1234567890123 static 1"))
      << outcome;
}

TEST_P(UsdtTest, places_of_one_probe_have_one_name) {
  Outcome outcome = trace(fmt::format("U:{}:step {{ @[probe] = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@[usdt:" + binary() + ":traced:step]: 6") << outcome;
}

TEST_P(UsdtTest, watched_probes_are_turned_on) {
  Outcome outcome = trace(fmt::format("usdt:{}:watched {{ @ = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@: 3") << outcome;
}

// The kernel turns them on in every process that maps the file, with bpftrace's option for that and without.
TEST_P(UsdtTest, watched_probes_are_turned_on_where_a_process_runs_already) {
  Bystander process({binary(), "usdt", "100000000"});
  for (std::vector<std::string> options : {std::vector<std::string>{"-q"}, {"-q", "--usdt-file-activation"}}) {
    Outcome outcome =
        run_script(fmt::format("usdt:{}:watched {{ printf(\"%s\\n\", probe); exit() }}", binary()), options);
    EXPECT_EQ(outcome.text(), "usdt:" + binary() + ":traced:watched") << outcome;
  }
}

TEST_P(UsdtTest, variables_of_the_program) {
  Outcome outcome = trace(fmt::format("usdt:{}:total {{ printf(\"%d %d\\n\", arg0, arg1) }}", binary()), "usdt 4");
  EXPECT_THAT(outcome.lines(), ElementsAre("0 22", "1 22", "3 22", "6 22")) << outcome;
}

TEST_P(UsdtTest, arguments_that_no_program_can_read) {
  Outcome outcome = run_script(fmt::format("usdt:{}:total {{ print(arg2) }}", binary()));
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("arg2 cannot be read: '8f@%xmm0' is in a register for floating-point numbers"));
}

TEST_P(UsdtTest, of_a_process_whatever_it_runs) {
  Bystander process({binary(), "usdt", "100000000"});
  Outcome outcome =
      run_script("config = { print_maps_on_exit = 0 } usdt:*:traced:step { @[probe] = 1; if (@n++ == 5) { exit() } } "
                 "end { print(@) }",
                 {"-q", "-p", std::to_string(process.pid())});
  EXPECT_EQ(outcome.text(), "@[usdt:" + binary() + ":traced:step]: 1") << outcome;
  EXPECT_THAT(Sonde({"-l", "usdt:*", "-p", std::to_string(process.pid())}).run().lines(),
              Contains("usdt:" + binary() + ":traced:step"));
  EXPECT_THAT(Sonde({"-l", "uprobe:*:traced_f*", "-p", std::to_string(process.pid())}).run().lines(),
              Contains("uprobe:" + binary() + ":traced_family_one"));
}

TEST_P(UsdtTest, wildcards) {
  Outcome outcome = trace(fmt::format("usdt:{}:tra*:* {{ @ = count() }}", binary()), "usdt 3");
  EXPECT_EQ(outcome.text(), "@: 12") << outcome;
}

TEST_P(UsdtTest, listing) {
  EXPECT_THAT(Sonde({"-l", "usdt:" + binary() + ":*"}).run().lines(),
              ElementsAre("usdt:" + binary() + ":traced:step", "usdt:" + binary() + ":traced:total",
                          "usdt:" + binary() + ":traced:watched"));
}

TEST_P(UsdtTest, what_does_not_exist) {
  Outcome probe = run_script(fmt::format("usdt:{}:stepp {{ }}", binary()));
  EXPECT_THAT(probe.err, HasSubstr("there is no static probe 'stepp'")) << probe;
  EXPECT_THAT(probe.err, HasSubstr("did you mean 'step'?")) << probe;
  Outcome argument = run_script(fmt::format("usdt:{}:step {{ @ = arg4 }}", binary()));
  EXPECT_THAT(argument.err, HasSubstr("this probe has 4 arguments")) << argument;
}

INSTANTIATE_TEST_SUITE_P(programs, UsdtTest, ::testing::Values("traced", "traced_pie"),
                         [](const auto &info) { return info.param; });
#endif

}  // namespace
}  // namespace sonde::test
