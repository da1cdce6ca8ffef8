// Values that print as something else than a number, and JSON. Expected texts are those of bpftrace 0.27.
#include <pwd.h>
#include <unistd.h>

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
    {"error_pointers", R"(print(is_err(kptr(-5))); print(is_err(kptr(5))))", "true\nfalse"},
    {"files", R"(cat("/proc/sys/kernel/%s", "ostype"))", "Linux"},
    {"commands", R"(system("echo %d; echo %s", 3, "x"))", "3\nx"},
};

class ValueTest : public TracerTest, public ::testing::WithParamInterface<ValueCase> {};

TEST_P(ValueTest, prints) {
  Outcome outcome = run_script("BEGIN { " + std::string(GetParam().body) + " }", {"-q", "--unsafe"});
  EXPECT_EQ(outcome.text(), GetParam().expected) << outcome;
  EXPECT_EQ(outcome.status, 0);
}

INSTANTIATE_TEST_SUITE_P(values, ValueTest, ::testing::ValuesIn(kCases),
                         [](const auto &info) { return info.param.name; });

class ValuesTest : public TracerTest {};

TEST_F(ValuesTest, who_runs) {
  Outcome outcome =
      run_script("BEGIN { printf(\"%s %d %s %d\\n\", username, ppid, leader_comm, leader_tid == tid) }", {"-q"});
  EXPECT_EQ(outcome.text(), std::string(getpwuid(getuid())->pw_name) + " " + std::to_string(getpid()) + " sonde 1")
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
  outcome = run_script(script, {"-q", "-c", traced("add 1")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("--unsafe allows it"));
}

TEST_F(ValuesTest, system_needs_unsafe) {
  Outcome outcome = run_script("BEGIN { system(\"echo no\") }");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("system() runs commands, which is unsafe"));
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
