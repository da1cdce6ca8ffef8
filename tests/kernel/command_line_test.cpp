// Where the script comes from, where the output goes, what runs beside it, and how a run ends.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

using CommandLineTest = TracerTest;

TEST_F(CommandLineTest, says_on_stderr_how_many_probes_it_attached) {
  Outcome outcome = run_script(R"(BEGIN { printf("hello %d\n", 42); exit() })");
  EXPECT_EQ(outcome.text(), "hello 42") << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("Attached 1 probe\n"));
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(CommandLineTest, quiet_says_nothing) {
  EXPECT_THAT(run_script("BEGIN { exit() }", {"-q"}).err, Not(HasSubstr("Attached")));
}

TEST_F(CommandLineTest, info_says_what_the_kernel_has) {
  Outcome outcome = Sonde({"--info"}).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  for (const char *line :
       {"System\n  kernel: Linux ", "\nBuild\n  sonde: ", "\n  LLVM: ", "\n  may load programs: yes\n"})
    EXPECT_THAT(outcome.out, HasSubstr(line)) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr(fmt::format("\n  uprobe_multi: {}\n", kernel_is_at_least(6, 6) ? "yes" : "no")));
  EXPECT_THAT(outcome.out, HasSubstr("\n  uprobe: yes\n"));
  Outcome without = Sonde({"--info", "--no-feature", "uprobe_multi"}).run();
  EXPECT_THAT(without.out, HasSubstr("\n  uprobe_multi: no\n")) << without;
}

TEST_F(CommandLineTest, script_from_a_file) {
  TemporaryDirectory directory;
  std::string script = directory.write("a.bt", "#!/usr/bin/env sonde\nBEGIN { printf(\"file\\n\"); exit() }\n");
  EXPECT_EQ(Sonde({script}).run().text(), "file");
}

TEST_F(CommandLineTest, script_from_standard_input) {
  EXPECT_EQ(Sonde({"-"}).input("BEGIN { printf(\"stdin\\n\"); exit() }").run().text(), "stdin");
}

TEST_F(CommandLineTest, formats_a_script_instead_of_running_it) {
  EXPECT_EQ(Sonde({"--fmt", "-e", "BEGIN{exit()} // soon"}).run().out, "BEGIN {\n  exit();\n} // soon\n");
  TemporaryDirectory directory;
  std::string script = directory.write("a.bt", "import \"is_not_here.bt\"\nBEGIN{print($1)}\n");
  EXPECT_EQ(Sonde({"--fmt", script}).run().out, "import \"is_not_here.bt\";\n\nBEGIN {\n  print($1);\n}\n");
  Outcome wrong = Sonde({"--fmt", "-"}).input("BEGIN { print( }").run();
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err, StartsWith("stdin:1:16: ERROR: "));
}

TEST_F(CommandLineTest, positional_parameters) {
  Outcome outcome = run_script(R"(BEGIN { printf("%s %d %d\n", str($1), $2, $#); exit() })", {"one", "2"});
  EXPECT_EQ(outcome.text(), "one 2 2") << outcome;
}

TEST_F(CommandLineTest, output_to_a_file) {
  TemporaryDirectory directory;
  std::string file = directory.path() + "/out";
  Outcome outcome = run_script(R"(BEGIN { printf("to file\n"); @x = 1 })", {"-o", file});
  EXPECT_EQ(outcome.out, "") << outcome;
  EXPECT_EQ(read_file(file), "to file\n\n\n@x: 1\n");
}

TEST_F(CommandLineTest, output_to_a_full_disk_fails) {
  Outcome outcome = run_script(R"(BEGIN { printf("lost\n"); exit() })", {"-o", "/dev/full"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
}

TEST_F(CommandLineTest, closed_standard_output_is_an_error_and_no_other_file) {
  TemporaryDirectory directory;
  std::string command =
      sonde_program() + R"( -e 'BEGIN { printf("lost\n"); exit() }' >&- 2>)" + directory.path() + "/err";
  int status = std::system(command.c_str());
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_THAT(read_file(directory.path() + "/err"), HasSubstr("Bad file descriptor"));
}

TEST_F(CommandLineTest, exit_code_of_the_script) {
  Outcome outcome = run_script(R"(BEGIN { exit(3) } END { printf("end\n") })");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_EQ(outcome.text(), "end");
}

TEST_F(CommandLineTest, a_dry_run_attaches_and_runs_nothing) {
  TemporaryDirectory directory;
  std::string made = directory.path() + "/made";
  Outcome outcome =
      run_script(R"(BEGIN { printf("ran\n"); @x = 1 } END { printf("ran\n") } interval:ms:1 { printf("ran\n") })",
                 {"--dry-run", "-c", "/usr/bin/touch " + made});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "begin_1: run by sonde itself\nend_2: run by sonde itself\n"
                         "interval_3: 1 probe by perf event, 1 attachment\n3 programs, 1 attachment\n"
                         "Attached 3 probes\n");
  EXPECT_NE(access(made.c_str(), F_OK), 0) << "the command must not run";
}

// Each probe here takes a descriptor. A limit that may be raised is no limit; one that may not is named.
TEST_F(CommandLineTest, limits_of_descriptors) {
  TemporaryDirectory directory;
  auto exit_code = [&](const std::string &limit) {
    int status =
        std::system(fmt::format("ulimit {} && {} -q --dry-run --no-feature uprobe_multi -e 'uprobe:{}:* {{ }}' "
                                "2>{}/err",
                                limit, sonde_program(), program("traced"), directory.path())
                        .c_str());
    return WEXITSTATUS(status);
  };
  EXPECT_EQ(exit_code("-S -n 20"), 0) << read_file(directory.path() + "/err");
  EXPECT_EQ(exit_code("-n 20"), 3);
  EXPECT_THAT(read_file(directory.path() + "/err"), HasSubstr("this process has no file descriptor left"));
}

// The command goes on making system calls while the run ends.
TEST_F(CommandLineTest, nothing_follows_an_exit_but_end) {
  TemporaryDirectory directory;
  std::string file = directory.path() + "/out";
  Outcome outcome = run_script(R"(
      config = { print_maps_on_exit = 0 }
      tracepoint:raw_syscalls:sys_enter /pid == cpid/ { printf("call\n"); @n++; if (@n == 3) { exit(); } }
      END { printf("end\n"); })",
                               {"-c", "cat /etc/hostname", "-o", file});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(read_file(file), "call\ncall\ncall\nend\n\n\n");
}

TEST_F(CommandLineTest, the_run_ends_with_its_command) {
  Outcome outcome = run_script(
      R"(BEGIN { @child = cpid } interval:s:100 { } END { printf("%d\n", @child == cpid && cpid != pid); clear(@child) })",
      {"-c", traced("sleep 3")});
  EXPECT_EQ(outcome.text(), "1") << outcome;
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(CommandLineTest, a_command_is_split_into_words_as_a_shell_does) {
  Outcome outcome = run_script("interval:s:100 { }", {"-q", "-c", "/bin/echo 'two words' three"});
  EXPECT_THAT(outcome.out, HasSubstr("two words three\n")) << outcome;
}

TEST_F(CommandLineTest, a_command_found_in_path) {
  Outcome outcome = run_script("interval:s:100 { }", {"-q", "-c", "echo found"});
  EXPECT_THAT(outcome.out, HasSubstr("found\n")) << outcome;
}

TEST_F(CommandLineTest, the_run_ends_with_the_process_of_p) {
  auto process = std::make_unique<Bystander>(std::vector<std::string>{program("traced"), "burn", "1500"});
  Outcome outcome = run_script("interval:s:100 { } END { printf(\"end\\n\") }", {"-p", std::to_string(process->pid())});
  // It is our zombie until the Bystander goes: sonde must see that it has ended all the same.
  EXPECT_FALSE(outcome.timed_out) << outcome;
  EXPECT_EQ(outcome.text(), "end");
}

TEST_F(CommandLineTest, a_missing_command) {
  Outcome outcome = run_script("BEGIN { }", {"-c", "/nonexistent/program"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("/nonexistent/program"));
  EXPECT_THAT(outcome.err, HasSubstr("No such file or directory"));
}

TEST_F(CommandLineTest, a_missing_process) {
  Outcome outcome = run_script("BEGIN { }", {"-p", "4194300"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("4194300"));
}

TEST_F(CommandLineTest, interrupt_ends_the_run_and_prints_maps) {
  Outcome outcome =
      Sonde({"-e", "BEGIN { printf(\"ready\\n\") } interval:ms:10 { @ticks = 1 } END { printf(\"end\\n\") }"})
          .signal_after("ready", SIGINT)
          .run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("end"));
}

TEST_F(CommandLineTest, terminate_ends_the_run_and_prints_maps) {
  Outcome outcome =
      Sonde({"-e", "BEGIN { @x = 1; printf(\"ready\\n\") } interval:s:100 { }"}).signal_after("ready", SIGTERM).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@x: 1"));
}

TEST_F(CommandLineTest, a_signal_ends_the_run_without_delay) {
  Outcome outcome =
      Sonde({"-e", "BEGIN { printf(\"ready\\n\") } interval:s:100 { }"}).signal_after("ready", SIGINT).run();
  EXPECT_LT(outcome.seconds, 5) << outcome;
}

// Whatever the moment, sonde ends and leaves nothing (TearDown looks).
class SignalTest : public TracerTest, public ::testing::WithParamInterface<int> {};

TEST_P(SignalTest, ends_the_run_at_any_moment) {
  for (int signal : {SIGINT, SIGTERM}) {
    Outcome outcome = Sonde({"-e", "BEGIN { @x = 1 } interval:ms:1 { @n = count() }", "-c", traced("burn 60000")})
                          .signal_at(GetParam() / 1000.0, signal)
                          .run();
    EXPECT_FALSE(outcome.timed_out) << outcome;
    // Before it could take the signal over, the signal's own status; else a clean end.
    EXPECT_THAT(outcome.status, ::testing::AnyOf(0, 128 + signal)) << outcome;
  }
}

INSTANTIATE_TEST_SUITE_P(milliseconds, SignalTest, ::testing::Values(0, 1, 2, 4, 7, 12, 20, 40, 90, 200),
                         [](const auto &info) { return "after_" + std::to_string(info.param) + "_ms"; });

TEST_F(CommandLineTest, a_reader_that_goes_away_ends_the_run) {
  Outcome outcome = Sonde({"-e", "interval:ms:5 { printf(\"tick\\n\") }"}).close_output_after("tick").run();
  EXPECT_FALSE(outcome.timed_out) << outcome;
}

TEST_F(CommandLineTest, the_command_dies_with_the_tracer) {
  Outcome outcome = Sonde({"-e", "BEGIN { printf(\"ready\\n\") }  interval:s:100 { }", "-c", traced("pause")})
                        .signal_after("waiting", SIGINT)
                        .run();
  EXPECT_FALSE(outcome.timed_out) << outcome;
}

// ---- What needs no kernel ----

TEST(HelpTest, version_names_the_program) { EXPECT_THAT(Sonde({"-V"}).run().out, MatchesRegex("sonde v?[0-9].*\n")); }

TEST(HelpTest, help_lists_the_options) {
  Outcome outcome = Sonde({"-h"}).run();
  EXPECT_EQ(outcome.status, 0);
  for (const char *option : {"-e", "-c", "-p", "-o", "-q", "-l", "--unsafe", "--dry-run"})
    EXPECT_THAT(outcome.out, HasSubstr(option));
}

TEST(HelpTest, an_unknown_option) {
  Outcome outcome = Sonde({"--no-such-option"}).run();
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("no-such-option"));
}

TEST(HelpTest, no_script) {
  Outcome outcome = Sonde({}).run();
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_NE(outcome.err, "");
}

// ---- Listing ----

using ListTest = TracepointTest;

TEST_F(ListTest, tracepoints_by_pattern) {
  Outcome outcome = Sonde({"-l", "tracepoint:syscalls:sys_enter_open*"}).run();
  EXPECT_THAT(outcome.lines(), ::testing::Contains("tracepoint:syscalls:sys_enter_openat")) << outcome;
  EXPECT_THAT(outcome.lines(), Each(StartsWith("tracepoint:syscalls:sys_enter_open")));
}

TEST_F(ListTest, short_provider_names) {
  EXPECT_EQ(Sonde({"-l", "t:syscalls:sys_enter_nanosleep"}).run().text(), "tracepoint:syscalls:sys_enter_nanosleep");
}

TEST_F(ListTest, arguments_of_a_tracepoint) {
  Outcome outcome = Sonde({"-lv", "tracepoint:syscalls:sys_enter_open"}).run();
  // Newer kernels (7.2) add a field for the file's name behind these.
  std::vector<std::string> lines = outcome.lines();
  ASSERT_GE(lines.size(), 5u) << outcome;
  lines.resize(5);
  EXPECT_THAT(lines, ElementsAre("tracepoint:syscalls:sys_enter_open", "    int __syscall_nr",
                                 "    const char * filename", "    int flags", "    umode_t mode"));
}

TEST_F(ListTest, interval_forms) {
  EXPECT_THAT(Sonde({"-l", "interval:*"}).run().lines(),
              ElementsAre("interval:hz:", "interval:ms:", "interval:s:", "interval:us:"));
}

TEST_F(ListTest, everything_is_listed_by_every_provider) {
  Outcome outcome = Sonde({"-l"}).run();
  for (const char *line :
       {"begin", "interval:s:", "software:faults:", "tracepoint:syscalls:sys_enter_openat", "rawtracepoint:sys_enter"})
    EXPECT_THAT("\n" + outcome.out, HasSubstr(std::string("\n") + line + "\n")) << line;
  // Those of functions of the kernel only where it has such probes; else it says so.
  for (auto [line, missing] : {std::pair("kprobe:vfs_read", "kprobe (CONFIG_KPROBES)"),
                               std::pair("fentry:vmlinux:vfs_read", "fentry (BPF trampolines)")}) {
    bool is_listed = ("\n" + outcome.out).find(std::string("\n") + line + "\n") != std::string::npos;
    bool is_explained = outcome.err.find(missing) != std::string::npos;
    EXPECT_NE(is_listed, is_explained) << line << "\n" << outcome.err;
  }
}

TEST_F(ListTest, types_of_the_kernel) {
  EXPECT_EQ(Sonde({"-l", "struct path"}).run().text(), "struct path");
  EXPECT_EQ(Sonde({"-lv", "struct path"}).run().text(),
            "struct path {\n\tstruct vfsmount *mnt;\n\tstruct dentry *dentry;\n};");
  EXPECT_THAT(Sonde({"-lv", "enum pid_type"}).run().lines(), ::testing::Contains("\tPIDTYPE_TGID = 1,"));
  Outcome missing = Sonde({"-lv", "struct task_strct"}).run();
  EXPECT_EQ(missing.status, 3) << missing;
  EXPECT_THAT(missing.err, HasSubstr("HINT: did you mean 'struct task_struct'?")) << missing;
}

TEST_F(ListTest, what_a_script_would_attach_to) {
  std::string script = "t:syscalls:sys_enter_open* /pid == 1/ { @ = count() } i:s:1 { exit() } i:s:1 { print(1) }";
  Outcome outcome = Sonde({"-l", "-e", script}).run();
  EXPECT_THAT(outcome.lines(), ::testing::Contains("tracepoint:syscalls:sys_enter_openat")) << outcome;
  EXPECT_EQ(outcome.lines().back(), "interval:s:1") << outcome;
  TemporaryDirectory folder;
  std::string file = folder.write("listed.bt", "tracepoint:syscalls:sys_exit_openat { exit() }");
  EXPECT_THAT(Sonde({"-lv", file}).run().lines(),
              ElementsAre("tracepoint:syscalls:sys_exit_openat", "    int __syscall_nr", "    long ret"));
}

TEST_F(ListTest, functions_of_a_program) {
  Outcome outcome = Sonde({"-l", "uprobe:" + program("traced") + ":traced_family_*"}).run();
  std::string prefix = "uprobe:" + program("traced") + ":traced_family_";
  EXPECT_THAT(outcome.lines(), ::testing::UnorderedElementsAre(prefix + "one", prefix + "two", prefix + "three"))
      << outcome;
}

}  // namespace
}  // namespace sonde::test
