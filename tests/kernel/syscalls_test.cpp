// Tracepoints of system calls, which one raw tracepoint serves: what they see must be what perf's would.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdio>
#include <regex>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SyscallTest : public TracepointTest {
protected:
  Outcome trace(const std::string &script, const std::string &mode) const {
    return run_script(script, {"-q", "-c", traced(mode)});
  }
};

TEST_F(SyscallTest, are_served_by_a_raw_tracepoint) {
  Outcome outcome =
      run_script("tracepoint:syscalls:sys_enter_*sleep /pid == cpid/ { @ = count() }", {"-v", "-c", traced("sleep 1")});
  EXPECT_THAT(outcome.err, HasSubstr("(raw_tp)")) << outcome;
  EXPECT_THAT(outcome.err, ::testing::Not(HasSubstr("(tracepoint)"))) << outcome;
}

TEST_F(SyscallTest, every_call_has_its_name) {
  Outcome outcome = trace("tracepoint:syscalls:sys_enter_* /pid == cpid/ { @[probe] = count() }", "sleep 3");
  EXPECT_THAT(outcome.lines(), ::testing::Contains("@[tracepoint:syscalls:sys_enter_nanosleep]: 3")) << outcome;
  EXPECT_THAT(outcome.lines(), ::testing::Contains("@[tracepoint:syscalls:sys_enter_exit_group]: 1")) << outcome;
  EXPECT_THAT(outcome.lines(), ::testing::Contains("@[tracepoint:syscalls:sys_enter_execve]: 1")) << outcome;
}

TEST_F(SyscallTest, exits_have_their_names_too) {
  Outcome outcome = trace("tracepoint:syscalls:sys_exit_* /pid == cpid/ { @[probe] = count() }", "sleep 3");
  EXPECT_THAT(outcome.lines(), ::testing::Contains("@[tracepoint:syscalls:sys_exit_nanosleep]: 3")) << outcome;
}

// All six registers, of which the fourth is not the one of a function call.
TEST_F(SyscallTest, arguments_come_from_their_registers) {
  Outcome outcome = trace(R"(tracepoint:syscalls:sys_enter_mmap /pid == cpid && args.addr == 0x1000/
      { printf("%lx %lu %lu %lu %ld %ld %d\n", args.addr, args.len, args.prot, args.flags, (int32)args.fd, args.off,
               args.__syscall_nr) })",
                          "map 1");
  EXPECT_EQ(outcome.text(), "1000 8192 1 34 -1 4096 9") << outcome;
}

TEST_F(SyscallTest, results_can_be_negative) {
  Outcome outcome = trace(R"(tracepoint:syscalls:sys_exit_openat /pid == cpid && args.ret < 0/
      { printf("%d %d\n", args.ret, args.__syscall_nr) })",
                          "open 2 /no/such/file");
  EXPECT_THAT(outcome.lines(), ElementsAre("-2 257", "-2 257")) << outcome;
}

// The names in the first stack of a text, without those of `ignored`.
// Each once where it follows itself: 5.10 begins stacks so.
std::vector<std::string> frame_names(const std::string &text, const std::set<std::string> &ignored) {
  std::vector<std::string> names;
  std::regex frame("        ([^\n+]+)\\+[0-9]+\n");
  for (auto match = std::sregex_iterator(text.begin(), text.end(), frame); match != std::sregex_iterator(); ++match)
    if (std::string name = (*match)[1]; !ignored.contains(name) && (names.empty() || names.back() != name))
      names.push_back(name);
  return names;
}

// What perf's event at the same place shows, but for the function that runs several tracers.
TEST_F(SyscallTest, kernel_stacks_begin_in_the_kernel) {
  const std::set<std::string> ignored = {"__traceiter_sys_enter", "__traceiter_sys_exit"};
  for (const char *side : {"enter", "exit"}) {
    std::string name = side;
    Outcome served = trace("tracepoint:syscalls:sys_" + name + "_nanosleep /pid == cpid/ { print(kstack) }", "sleep 1");
    Outcome raw =
        trace("tracepoint:raw_syscalls:sys_" + name + " /pid == cpid && args.id == 35/ { print(kstack) }", "sleep 1");
    std::vector<std::string> all = frame_names(raw.out, ignored);
    ASSERT_FALSE(all.empty()) << raw;
    EXPECT_EQ(frame_names(served.out, ignored), all) << served << raw;
  }
}

// The kernel counts frames from its own way to the program on, as many as that has.
TEST_F(SyscallTest, limits_of_kernel_stacks_count_what_is_shown) {
  Outcome outcome = trace("tracepoint:syscalls:sys_enter_nanosleep /pid == cpid/ "
                          "{ print(kstack); print(kstack(1)); print(kstack(2)); print(len(kstack)) }",
                          "sleep 1");
  std::vector<std::string> lines;
  for (const std::string &line : outcome.lines())
    if (!line.empty())
      lines.push_back(line);
  ASSERT_GE(lines.size(), 6u) << outcome;
  size_t depth = lines.size() - 4;
  EXPECT_THAT(lines[0], ::testing::StartsWith("        ")) << outcome;
  EXPECT_EQ(lines[depth], lines[0]) << outcome;
  EXPECT_EQ(lines[depth + 1], lines[0]) << outcome;
  EXPECT_EQ(lines[depth + 2], lines[1]) << outcome;
  EXPECT_EQ(lines[depth + 3], std::to_string(depth)) << outcome;
}

TEST_F(SyscallTest, several_by_name_keep_apart) {
  Outcome outcome = trace(R"(tracepoint:syscalls:sys_enter_openat, tracepoint:syscalls:sys_enter_nanosleep
      /pid == cpid/ { @[probe] = count() } tracepoint:syscalls:sys_exit_nanosleep /pid == cpid/ { @ok = count() })",
                          "sleep 4");
  EXPECT_THAT(outcome.lines(), ::testing::IsSupersetOf({"@[tracepoint:syscalls:sys_enter_nanosleep]: 4", "@ok: 4"}))
      << outcome;
}

TEST_F(SyscallTest, the_name_is_known_inside_loops) {
  utsname names{};
  uname(&names);
  unsigned major = 0, minor = 0;
  sscanf(names.release, "%u.%u", &major, &minor);
  if (major * 100 + minor < 513)
    GTEST_SKIP() << "this kernel has no loops over maps";
  Outcome outcome = trace(R"(begin { @m[1] = 1; @m[2] = 1 } tracepoint:syscalls:sys_*_nanosleep /pid == cpid/
      { for ($kv : @m) { @[probe] = count() } } end { clear(@m) })",
                          "sleep 2");
  EXPECT_THAT(outcome.lines(), UnorderedElementsAre("@[tracepoint:syscalls:sys_enter_nanosleep]: 4",
                                                    "@[tracepoint:syscalls:sys_exit_nanosleep]: 4"))
      << outcome;
}

#if defined(__x86_64__)
// Number 35 is ftime for 32-bit programs and nanosleep for others.
TEST_F(SyscallTest, calls_of_32_bit_programs_are_not_taken_for_others) {
  Outcome outcome = trace(R"(tracepoint:raw_syscalls:sys_enter /pid == cpid && args.id == 35/ { @all = count() }
      tracepoint:syscalls:sys_enter_nanosleep /pid == cpid/ { @native = count() }
      tracepoint:syscalls:sys_exit_nanosleep /pid == cpid/ { @native_exits = count() }
      tracepoint:syscalls:sys_*_nanosleep /pid == cpid/ { @both = count() })",
                          "compat 3");
  EXPECT_THAT(outcome.lines(), ElementsAre("@all: 3")) << outcome;
}
#endif

// Perf's tracepoints take a grace period each to detach: 360 of them took 25 s.
TEST_F(SyscallTest, all_of_them_detach_at_once) {
  Outcome outcome =
      run_script("tracepoint:syscalls:sys_enter_* { @[probe] = count() } interval:ms:50 { exit() }", {"-q"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_LT(outcome.seconds, 5) << outcome;
}

}  // namespace
}  // namespace sonde::test
