// The whole table of builtins in sema's hands: scripts of everyday use are right as they are, and
// what is unusual about a builtin's arguments reaches its check.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Script real(const std::string &text, sema::AnalyzeOptions options = {}) {
  return Script(text, std::move(options), builtins::all_builtins());
}

TEST(SemaWithAllBuiltins, AcceptsEverydayScripts) {
  for (const char *text : {
           "kprobe:vfs_read { @start[tid] = nsecs; } "
           "kretprobe:vfs_read /@start[tid]/ { @ns[comm] = hist(nsecs - @start[tid]); delete(@start[tid]); } "
           "end { clear(@start); }",
           "tracepoint:syscalls:sys_enter_openat { printf(\"%-6d %-16s %s\\n\", pid, comm, str(args.filename)); }",
           "tracepoint:sched:sched_switch { @[args.prev_comm, cpu] = count(); }",
           "interval:s:1 { time(\"%H:%M:%S \"); print(@x, 5, 1000); clear(@x); } profile:hz:99 { @x[comm] = sum(1); }",
           "begin { @l = lhist(5, 0, 100, 10); @s = stats(pid); @a = avg(1); @m = min(2); @n = max(3); zero(@l); }",
           "begin { printf(\"%s %d %d\\n\", strftime(\"%H\", nsecs), elapsed, $1); exit(); }",
           "kprobe:vfs_* { @[probe] = count(); @f[func] = count(); }",
           "begin { @x[1] = 1; if (has_key(@x, 1)) { delete(@x, 1); } print(@x[1]); exit(3); }",
           "kprobe:vfs_read { printf(\"%d %d\", arg0, nsecs(monotonic)); }",
           "kprobe:vfs_read { @[kstack, ustack(5), comm] = count(); printf(\"%s%s\", kstack(perf, 3), ksym(arg0)); }",
       })
    EXPECT_THAT(real(text).messages(), IsEmpty()) << text;
}

TEST(SemaWithAllBuiltins, ReachesTheirChecks) {
  EXPECT_THAT(real("begin { printf(\"%d\", comm); }").messages(),
              ElementsAre(HasSubstr("%d cannot print a value of type string[16]")));
  EXPECT_THAT(real("begin { printf(\"%d %d\", 1); }").messages(),
              ElementsAre(HasSubstr("the format takes 2 arguments, but 1 is given")));
  EXPECT_THAT(real("begin { print(arg0); }").messages(),
              ElementsAre(HasSubstr("'arg0' is not available in begin probes")));
  EXPECT_THAT(real("kprobe:vfs_read { print(retval); }").messages(),
              ElementsAre(HasSubstr("'retval' is not available in kprobe probes")));
  EXPECT_THAT(real("begin { print(nsecs(nope)); }").messages(), ElementsAre(HasSubstr("unknown clock")));
}

TEST(SemaWithAllBuiltins, StacksNameTheirModeAndLimit) {
  Script script = real("begin { @a = ustack; @b = kstack(3); @c = ustack(build_id, 2); }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.map("@a"), "@a: ustack(bpftrace,127)");
  EXPECT_EQ(script.map("@b"), "@b: kstack(bpftrace,3)");
  EXPECT_EQ(script.map("@c"), "@c: ustack(build_id,2)");
  EXPECT_THAT(real("begin { print(kstack(nope)); }").messages(),
              ElementsAre(HasSubstr("'nope' is not a way to show stacks")));
  EXPECT_THAT(real("begin { print(kstack(3, perf)); }").messages(), ElementsAre(HasSubstr("the mode comes first")));
  EXPECT_THAT(real("begin { print(ustack(0)); }").messages(), ElementsAre(HasSubstr("1 frame or more")));
  EXPECT_THAT(real("begin { print(ustack(500)); }").messages(),
              ElementsAre(HasSubstr("warning: the kernel walks 127 frames at most")));
  EXPECT_THAT(real("begin { print(kstack(build_id)); }").messages(), ElementsAre(HasSubstr("no build ids")));
  EXPECT_THAT(real("begin { @x = kstack(2); @x = kstack(3); }").messages(), ElementsAre(HasSubstr("kstack")));
  EXPECT_THAT(real("begin { print(kstack + 1); }").messages(), ElementsAre(HasSubstr("kstack")));
  EXPECT_THAT(real("begin { print(kaddr(\"no_such\")); }").messages(),
              ElementsAre(HasSubstr("the kernel has no symbol 'no_such'")));
}

TEST(SemaWithAllBuiltins, RefusesWhatIsUnsafe) {
  for (const char *text : {"begin { system(\"ls\"); }", "begin { signal(\"KILL\"); }", "begin { signal_thread(9); }",
                           "kprobe:vfs_read { override(1); }"})
    EXPECT_THAT(real(text).messages(), ElementsAre(HasSubstr("unsafe | hint: --unsafe allows it"))) << text;
  sema::AnalyzeOptions options;
  options.unsafe = true;
  EXPECT_THAT(real("begin { system(\"ls %d\", 1); signal(\"SIGUSR1\"); signal(10); }", options).messages(), IsEmpty());
  EXPECT_THAT(real("begin { signal(\"NOPE\"); }", options).messages(),
              ElementsAre(HasSubstr("there is no signal 'NOPE'")));
  EXPECT_THAT(real("begin { signal(99); }", options).messages(), ElementsAre(HasSubstr("from 1 to 64")));
  EXPECT_THAT(real("begin { override(1); }", options).messages(), ElementsAre(HasSubstr("kprobes alone")));
}

TEST(SemaWithAllBuiltins, ChecksArgumentsOfValues) {
  EXPECT_THAT(real("begin { print(ntop(\"x\")); }").messages(), ElementsAre(HasSubstr("ntop() shows an integer")));
  EXPECT_THAT(real("begin { print(pton(\"1.2.3\")); }").messages(), ElementsAre(HasSubstr("'1.2.3' is neither")));
  EXPECT_THAT(real("begin { print(macaddr(\"x\")); }").messages(), ElementsAre(HasSubstr("an array of 6 bytes")));
  EXPECT_THAT(real("begin { print(bswap(\"x\")); }").messages(), ElementsAre(HasSubstr("bswap")));
  EXPECT_THAT(real("kprobe:vfs_read { print(buf(arg0)); }").messages(), ElementsAre(HasSubstr("needs a length")));
  EXPECT_THAT(real("begin { print(reg(\"ip\")); }").messages(), ElementsAre(HasSubstr("not available in begin")));
  EXPECT_THAT(real("kprobe:vfs_read { print(reg(\"nope\")); }").messages(),
              ElementsAre(HasSubstr("no register 'nope'")));
  EXPECT_THAT(real("begin { print(strlen(5)); }").messages(), ElementsAre(HasSubstr("strlen() takes strings")));
  EXPECT_THAT(real("begin { print(strncmp(\"a\", \"b\", pid)); }").messages(), ElementsAre(HasSubstr("constant")));
  EXPECT_THAT(real("begin { print(cgroupid(\"/no/such\")); }").messages(), ElementsAre(HasSubstr("no cgroup")));
  EXPECT_THAT(real("begin { print(strerror(2) + 1); }").messages(), ElementsAre(HasSubstr("strerror")));
}

TEST(SemaWithAllBuiltins, GivesStrTheTextOfParameters) {
  sema::AnalyzeOptions options;
  options.positional_parameters = {"123"};
  Script script = real("begin { $s = str($1); print($s); }", options);
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.variable("s"), "string[4]");
}

}  // namespace
}  // namespace sonde::testing
