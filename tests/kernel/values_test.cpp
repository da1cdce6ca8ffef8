// Values that print as something else than a number, and JSON. Expected texts are those of bpftrace 0.27.
#include <pwd.h>
#include <unistd.h>

#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;

struct ValueCase {
  const char *name;
  const char *body;
  const char *expected;
};

void PrintTo(const ValueCase &value_case, std::ostream *os) { *os << value_case.body; }

const ValueCase kCases[] = {
    {"ipv4", R"(printf("%s %s\n", ntop(0x0100007f), ntop(2, 0x0100007f)); print(ntop(pton("10.0.0.1"))))",
     "127.0.0.1 127.0.0.1\n10.0.0.1"},
    {"ipv6", R"(print(ntop(pton("::1"))); printf("%s|%8s|\n", ntop(10, pton("fe80::1:2")), ntop(pton("::2"))))",
     "::1\nfe80::1:2|     ::2|"},
    {"unknown_family", R"(printf("[%s]\n", ntop(5, 1)))", "[]"},
    {"bytes_of_addresses", R"(print(pton("10.0.0.1")))", "[10,0,0,1]"},
    {"addresses_as_keys", R"(@[ntop(0x0100007f), 1] = 1)", "@[127.0.0.1, 1]: 1"},
    {"swapped_bytes", R"(print(bswap((uint16)0x1234)); print(bswap((uint32)0x12345678)); print(bswap(0x12345678));
                         $x = (uint64)1; print(bswap($x)))",
     "13330\n2018915346\n2018915346\n72057594037927936"},
    {"errors", R"(print(strerror(2)); print(strerror(-13)); printf("%s\n", strerror(9999)))",
     "No such file or directory\nPermission denied\nUnknown error"},
    {"signals", R"(print(signal_name(9)); print(signal_name(2)); print(signal_name(99)))", "Killed\nInterrupt\nN/A"},
#if defined(__x86_64__)
    {"system_calls", R"(print(syscall_name(0)); print(syscall_name(257)); print(syscall_name(9999)))",
     "read\nopenat\nUnknown syscall"},
#endif
    {"names_as_keys", R"(@[strerror(2)] = 1; @s[signal_name(9)] = 2)",
     "@[No such file or directory]: 1\n@s[Killed]: 2"},
    {"buffers", R"(printf("%r|%rx|%rh|%6r|\n", buf("ab\x01d", 4), buf("abc", 2), buf("abc", 3), buf("ab", 2)))",
     R"(ab\x01d|\x61\x62|61 62 63|    ab|)"},
    {"buffers_of_runtime_length", R"($n = nsecs > 0 ? 2 : 3; $s = "abc"; printf("[%r]\n", buf($s, 2)); print($n))",
     "[ab]\n2"},
    {"string_lengths", R"($s = comm; print(strlen("abc")); print(strlen($s) > 0); print(strcap("hello")))",
     "3\ntrue\n6"},
    {"string_comparison", R"(print(strncmp("abc", "abd", 2)); print(strncmp("abc", "abd", 3));
                             print(strncmp("abc", "ab", 3)))",
     "0\n1\n1"},
    {"strings_in_strings", R"($s = comm; print(strstr($s, "nd")); print(strstr($s, "x")); print(strcontains($s, "on"));
                              print(strstr("a longer literal", "longer literal")))",
     "2\n-1\ntrue\n2"},
    {"strings_of_full_length", R"($s = str_concat(comm, " is longer than the eight bytes of a window"); print(strstr($s,
                                  "bytes of a window")); print(strstr($s, "longer than a window"));
                                  printf("%s\n", str_concat(str_concat($s, "!"), comm)))",
     "31\n-1\nsonde is longer than the eight bytes of a window!sonde"},
    {"compared_bytes", R"(print(memcmp(comm, "sonde", 6)); print(memcmp(comm, "sondf", 5)); print(memcmp("b", "a", 2));
                          print(memcmp(curtask, curtask, 64)))",
     "0\n-1\n1\n0"},
    {"default_length", "print(default_str_length >= 200)", "true"},
    {"found_entries", R"(@a[1, "x"] = (5, "five"); let $v; print(find(@a, (1, "x"), $v)); print($v);
                         print(find(@a, (2, "x"), $v)); print($v.1); clear(@a))",
     "true\n(5, five)\nfalse\nfive"},
    {"depth_of_stacks", "print(len(kstack) > 0)", "true"},
    {"kinds", R"(print(is_integer(pid)); print(is_unsigned_integer(-1)); print(is_str(comm)); print(is_ptr(curtask));
                 print(is_array(1)); print(is_literal("x")); print(kfunc_exist("no_such_function"));
                 static_assert(is_ptr(curtask), "no"); print(probetype))",
     "true\nfalse\ntrue\ntrue\nfalse\ntrue\nfalse\nspecial"},
    {"ids", R"(print(pid(init) == pid || pid(curr_ns) == pid); print(tid(curr_ns) == tid); print(has_cpid);
               print(cpid); print(uid == gid); print(cgroup > 0))",
     "true\ntrue\nfalse\n0\ntrue\ntrue"},
    {"machine", R"(print(jiffies > 0); print(ncpus > cpu); print(numaid); print(rand != rand || rand != rand);
                   print(elapsed < 10s))",
     "true\ntrue\n0\ntrue\ntrue"},
    {"reckoned_tai", R"($a = nsecs(sw_tai); $b = nsecs(tai); print($b - $a < 1s && $a - $b < 1s))", "true"},
    {"assertions_that_hold", R"(assert(pid > 0, "100%"); print("after"))", "after"},
    {"formats",
     R"(printf("%-5d|%05d|%+d|% d|%#x|%*d|%.*s|%5%|%X|%o|%c\n", 1, 2, 3, 4, 255, 5, 6, 2, "text", 255, 8, 65);
                   printf("%s %s %d %s\n", 5, true, true, (1, "a")); printf("%hhd %hd %lld\n", 300, 70000, 5000000000))",
     "1    |00002|+3| 4|0xff|    6|te|%|FF|10|A\n5 true 1 (1, a)\n44 4464 5000000000"},
    {"page_flags", R"(printf("%gr %gr %gr|%12gr|\n", 0xcc0, 0x2dc0, 0x8000000, 0))",
     "GFP_KERNEL GFP_KERNEL|__GFP_ZERO|__GFP_NOWARN 0x8000000|           0|"},
    {"arrays",
     R"($a = (uint8[4])0x01020304; print($a); print((uint32)$a); print($a[1]); @k[$a, 1] = (uint16[])(uint32)5;
                  print($a == (uint8[4])0x01020304); print(($a, 1)); print((sizeof(1), sizeof(-1000), sizeof($a))))",
     "[4,3,2,1]\n16909060\n3\ntrue\n([4,3,2,1], 1)\n(1, 2, 4)\n\n\n@k[[4,3,2,1], 1]: [5,0]"},
    {"compared_tuples",
     R"($t = (1, comm, (2, "x")); print($t == (1, "sonde", (2, "x"))); print($t == (1, "sonde", (2, "xy")));
                           print((1, "abc") != (1, "abcdef")); print(ntop(pton("127.0.0.1")) == ntop(0x0100007f)))",
     "true\nfalse\ntrue\ntrue"},
    {"traced_by_the_kernel", R"(debugf("sonde says %d %s", 5, comm); print("sent"))", "sent"},
    {"error_pointers", R"(print(is_err(kptr(-5))); print(is_err(kptr(5))))", "true\nfalse"},
    {"enumerators", R"($s = TCP_LISTEN; print($s); printf("%s %d\n", $s, $s); print((enum pid_type)2); print($s + 1);
                        @[TCP_CLOSE] = TCP_LISTEN)",
     "TCP_LISTEN\nTCP_LISTEN 10\nPIDTYPE_PGID\n11\n\n\n@[TCP_CLOSE]: TCP_LISTEN"},
    {"files", R"(cat("/proc/sys/kernel/%s", "ostype"))", "Linux"},
    {"commands", R"(system("echo %d; echo %s", 3, "x"))", "3\nx"},
};

class ValueTest : public TracerTest, public ::testing::WithParamInterface<ValueCase> {};

TEST_P(ValueTest, prints) {
  Outcome outcome = run_script("BEGIN { " + std::string(GetParam().body) + " }", {"-q", "--unsafe"});
  if (std::string why = newer_kernel_needed(outcome); !why.empty())
    GTEST_SKIP() << why;
  EXPECT_EQ(outcome.text(), GetParam().expected) << outcome;
  EXPECT_EQ(outcome.status, 0);
}

INSTANTIATE_TEST_SUITE_P(values, ValueTest, ::testing::ValuesIn(kCases),
                         [](const auto &info) { return info.param.name; });

// What needs a helper of newer kernels is refused by name on older ones, and never fails to load.
const ValueCase kNewerCases[] = {
    {"strings_that_are_no_literals", R"($s = comm; $n = "nd"; print(strstr($s, $n)); print(strcontains($s, $s));
                                        print(strcontains($s, str_concat($s, "x"))))",
     "2\ntrue\nfalse"},
    {"lengths_of_maps", R"(@a[1] = 1; @a[2] = 1; @c[comm] = count(); print(len(@a)); print(len(@c)); delete(@a, 1);
                           print(len(@a)); clear(@a); clear(@c))",
     "2\n1\n1"},
    {"counts_found", R"(@c[2] = count(); let $n; print(find(@c, 2, $n)); print($n + 1); clear(@c))", "true\n2"},
};

class NewerValueTest : public TracerTest, public ::testing::WithParamInterface<ValueCase> {};

TEST_P(NewerValueTest, prints_or_is_refused) {
  Outcome outcome = run_script("BEGIN { " + std::string(GetParam().body) + " }", {"-q"});
  if (outcome.status == 0) {
    EXPECT_EQ(outcome.text(), GetParam().expected) << outcome;
    return;
  }
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("needs Linux")) << outcome;
}

INSTANTIATE_TEST_SUITE_P(values, NewerValueTest, ::testing::ValuesIn(kNewerCases),
                         [](const auto &info) { return info.param.name; });

class ValuesTest : public TracerTest {};

// What changes programs or the kernel.
using InterventionTest = KprobeTest;

// Kernels from 6.2 on have the function that finds a task by its number, newer ones let more kinds of programs call it.
// Between its fork and its exec the command still bears sonde's name.
TEST_F(ValuesTest, names_of_other_tasks) {
  Outcome outcome = run_script("profile:hz:99 /pid == cpid && comm == \"traced\"/ { $other = comm(999999999); "
                               "printf(\"%s [%s]\\n\", comm(pid), $other); exit() }",
                               {"-q", "-c", traced("burn 3000")});
  if (outcome.status == 0) {
    EXPECT_EQ(outcome.text(), "traced []") << outcome;
    return;
  }
  EXPECT_FALSE(kernel_is_at_least(6, 18)) << outcome;
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("cannot look up other tasks")) << outcome;
}

// Types are checked in rounds, and each look at the kernel loads a program.
TEST_F(ValuesTest, a_function_is_tried_once) {
  TemporaryDirectory directory;
  auto trials = [&](const std::string &script) {
    std::string log = directory.path() + "/calls";
    Outcome outcome =
        Sonde({"-f", "-s", "200", "-e", "trace=bpf", "-o", log, sonde_program(), "--dry-run", "-e", script})
            .executable("/usr/bin/strace")
            .run();
    EXPECT_EQ(outcome.status, 0) << outcome;
    uint64_t count = 0;
    std::istringstream lines(read_file(log));
    for (std::string line; std::getline(lines, line);)
      count += line.find("sonde_trial") != std::string::npos;
    return count;
  };
  EXPECT_EQ(trials(R"(BEGIN { print(kfunc_allowed("vfs_read")) })"), 1u);
  EXPECT_EQ(trials(R"(BEGIN { @a = @b; print(kfunc_allowed("vfs_read")); print(kfunc_allowed("vfs_read")) }
                      END { @b = 1; print(kfunc_allowed("vfs_read")) })"),
            1u);
}

TEST_F(ValuesTest, who_runs) {
  Outcome outcome = run_script(
      "BEGIN { printf(\"%s %d %s %d %d\\n\", username, ppid, leader_comm, leader_tid == tid, pcomm == comm) }", {"-q"});
  EXPECT_EQ(outcome.text(), std::string(getpwuid(getuid())->pw_name) + " " + std::to_string(getpid()) + " sonde 1 0")
      << outcome;
}

TEST_F(ValuesTest, registers_hold_arguments) {
#if defined(__x86_64__)
  Outcome outcome = run_script("uprobe:" + program("traced") +
                                   ":traced_add { printf(\"%d %d %s\\n\", reg(\"di\") == arg0, "
                                   "reg(\"si\") == arg1, usym(reg(\"ip\"))); print(usermode) }",
                               {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.text(), "1 1 traced_add\n1") << outcome;
#endif
}

TEST_F(ValuesTest, buffers_from_memory) {
  Outcome outcome = run_script(
      "uprobe:" + program("traced") +
          ":traced_name { printf(\"%r\\n\", buf(arg0, 3)); printf(\"%r\\n\", buf(arg0, strlen(str(arg0)))) }",
      {"-q", "-c", traced("name 2")});
  EXPECT_EQ(outcome.text(), "ada\nada\ngra\ngrace") << outcome;
}

TEST_F(ValuesTest, signals_end_the_traced_program) {
  std::string script = "uprobe:" + program("traced") + ":traced_add { printf(\"hit\\n\"); signal(\"KILL\") }";
  Outcome outcome = run_script(script, {"-q", "--unsafe", "-c", traced("add 1000")});
  EXPECT_EQ(outcome.text(), "hit") << outcome;
  std::string thread = "uprobe:" + program("traced") + ":traced_add { printf(\"hit\\n\"); signal_thread(9) }";
  EXPECT_EQ(run_script(thread, {"-q", "--unsafe", "-c", traced("add 1000")}).text(), "hit");
  outcome = run_script(script, {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("--unsafe allows it"));
}

TEST_F(InterventionTest, replaces_what_a_function_returns) {
  Outcome outcome =
      run_script("kprobe:vfs_read /pid == cpid/ { override(0) }", {"-q", "--unsafe", "-c", traced("read 1")});
  // Few functions allow it, and few kernels: the refusal says which it was.
  EXPECT_THAT(outcome.err, ::testing::AnyOf(HasSubstr("override"), HasSubstr("vfs_read"))) << outcome;
}

TEST_F(ValuesTest, system_needs_unsafe) {
  Outcome outcome = run_script("BEGIN { system(\"echo no\") }");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("system() runs commands, which is unsafe"));
}

TEST_F(ValuesTest, assertions_end_the_run) {
  Outcome outcome =
      run_script("BEGIN { assert(pid == 0, \"100% wrong\"); print(\"after\") } END { print(\"end\") }", {"-q"});
  EXPECT_EQ(outcome.text(), "end") << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("stdin:1:9-39: ERROR: assert failed: 100% wrong\n"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(run_script("BEGIN { fail(\"no %s\", \"way\"); }").status, 1);
}

TEST_F(ValuesTest, hardware_addresses_from_memory) {
  Outcome outcome = run_script("struct six { unsigned char bytes[6]; } uprobe:" + program("traced") +
                                   ":traced_name { print(macaddr(((struct six *)arg0)->bytes)); "
                                   "print(macaddr(arg0)); print(macaddr((struct six *)arg0)); print(macaddr(0)) }",
                               {"-q", "-c", traced("name 2")});
  EXPECT_THAT(outcome.text(), HasSubstr("67:72:61:63:65:00\n67:72:61:63:65:00\n67:72:61:63:65:00\n00:00:00:00:00:00"))
      << outcome;
}

TEST_F(ValuesTest, texts_from_memory_are_searched) {
  Outcome outcome =
      run_script("uprobe:" + program("traced") + ":traced_name { print(strcontains(str(uptr(arg0)), \"ace\")) }",
                 {"-q", "-c", traced("name 2")});
  EXPECT_THAT(outcome.text(), HasSubstr("true")) << outcome;
}

// What the traced programs have: uint32_t traced_limit = 7.
TEST_F(ValuesTest, variables_of_programs) {
  for (const char *name : {"traced", "traced_pie"}) {
    Outcome outcome = run_script("uprobe:" + program(name) + ":traced_add { print(*uaddr(\"traced_limit\")) }",
                                 {"-q", "-c", program(name) + " add 1"});
    EXPECT_EQ(outcome.text(), "7") << outcome;
  }
  Outcome outcome = run_script("uprobe:" + program("traced") + ":traced_add { print(uaddr(\"no_such\")) }");
  EXPECT_THAT(outcome.err, HasSubstr("there is no variable 'no_such'"));
}

// The development machines' kernel is locked down against it.
TEST_F(InterventionTest, variables_of_programs_are_written) {
  Outcome outcome = run_script("uprobe:" + program("traced") +
                                   ":traced_add { write_user(uaddr(\"traced_limit\"), (uint32)9, 4); "
                                   "print(*uaddr(\"traced_limit\")) }",
                               {"-q", "--unsafe", "-c", traced("add 1")});
  EXPECT_EQ(outcome.text(), "9") << outcome;
}

TEST_F(ValuesTest, cgroups_by_path_and_by_id) {
  Outcome outcome =
      run_script("BEGIN { print(cgroupid(\"/sys/fs/cgroup\") > 0); print(cgroup_path(cgroup, \"no such\")) }");
  EXPECT_THAT(outcome.text(), HasSubstr("true")) << outcome;
}

TEST_F(ValuesTest, messages_say_where_they_come_from) {
  Outcome outcome = run_script("BEGIN { errorf(\"bad %d\", 1); warnf(\"odd %s\", \"x\") }", {"-q"});
  EXPECT_THAT(outcome.err, HasSubstr("stdin:1:9-28: ERROR: bad 1\nstdin:1:30-50: WARNING: odd x\n")) << outcome;
}

std::string json_of(const std::string &script) { return run_script(script, {"-q", "-f", "json", "--unsafe"}).out; }

TEST_F(ValuesTest, json_records) {
  EXPECT_EQ(json_of("BEGIN { printf(\"a\\\"b\\n\\x01 %d\", 1); print(5); print(\"x\"); print((1, \"a\", (2, 3))); "
                    "print(ntop(0x0100007f)); cat(\"/proc/sys/kernel/ostype\"); system(\"echo hi\"); "
                    "print((uint64)18446744073709551615); time(\"x\\n\");\nwarnf(\"w\") }"),
            R"json({"type": "printf", "data": "a\"b\n\u0001 1"}
{"type": "value", "data": 5}
{"type": "value", "data": "x"}
{"type": "value", "data": [1,"a",[2,3]]}
{"type": "value", "data": "127.0.0.1"}
{"type": "cat", "data": "Linux\n"}
{"type": "syscall", "data": "hi\n"}
{"type": "value", "data": "18446744073709551615"}
{"type": "time", "data": "x\n"}
{"type": "warnf", "msg": "w", "filename": "stdin", "line": 2, "col": 1}
)json");
}

TEST_F(ValuesTest, json_maps) {
  EXPECT_EQ(
      json_of("BEGIN { @a = 5; @b[1, \"x\\\"\"] = 2; @c[(1, (2, 3))] = count(); @d = stats(3); @e[1] = stats(4); "
              "@f = avg(4); @g = (1, \"x\"); @h = hist(5); @h = hist(-3); @i[1] = lhist(50, 0, 10, 5); @j = \"s\" }"),
      R"json({"type": "map", "data": {"@a": 5}}
{"type": "map", "data": {"@b": {"1,x\"": 2}}}
{"type": "map", "data": {"@c": {"1,(2,3)": 1}}}
{"type": "stats", "data": {"@d": {"count": 1, "average": 3, "total": 3}}}
{"type": "stats", "data": {"@e": {"1": {"count": 1, "average": 4, "total": 4}}}}
{"type": "stats", "data": {"@f": 4}}
{"type": "map", "data": {"@g": [1,"x"]}}
{"type": "hist", "data": {"@h": [{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 0},{"min": 1, "max": 1, "count": 0},{"min": 2, "max": 3, "count": 0},{"min": 4, "max": 7, "count": 1}]}}
{"type": "hist", "data": {"@i": {"1": [{"min": 10, "count": 1}]}}}
{"type": "map", "data": {"@j": "s"}}
)json");
}

TEST_F(ValuesTest, json_says_what_is_attached) {
  Outcome outcome = run_script("BEGIN { exit() }", {"-f", "json"});
  EXPECT_EQ(outcome.out, "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n") << outcome;
}

TEST_F(ValuesTest, every_way_of_buffering_prints_all) {
  for (const char *mode : {"none", "line", "full"})
    EXPECT_EQ(run_script("BEGIN { printf(\"a\"); printf(\"b\\n\") }", {"-q", "-B", mode}).text(), "ab") << mode;
  EXPECT_EQ(run_script("BEGIN { }", {"-B", "half"}).status, 2);
}

}  // namespace
}  // namespace sonde::test
