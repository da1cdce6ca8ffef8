// What sema says to wrong scripts, word for word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Wrong {
  const char *script;
  const char *message;
};

class SemaErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(SemaErrors, AreReportedOnceAndAlone) {
  Script script(GetParam().script);
  EXPECT_THAT(script.messages(), ElementsAre(GetParam().message)) << GetParam().script;
}

const Wrong kNames[] = {
    {"begin { print(pidd); }", "error: Unknown identifier: 'pidd' | hint: did you mean 'pid'?"},
    {"begin { $pid2 = 1; print(pid2 + $pid2); }",
     "error: Unknown identifier: 'pid2' | hint: variables are written with a $: $pid2"},
    {"begin { print(zzzzzz); }", "error: Unknown identifier: 'zzzzzz'"},
    {"begin { pritn(1); }", "error: Unknown function: 'pritn' | hint: did you mean 'print'?"},
    {"begin { print(str); }", "error: 'str' is a function | hint: str(address [, length])"},
    {"begin { print(str()); }", "error: str() takes 1 to 2 arguments, but 0 are given | hint: str(address [, length])"},
    {"begin { clear(); }", "error: clear() takes 1 argument, but 0 are given | hint: clear(@map)"},
    {"begin { print(pid(1)); }", "error: pid() takes no arguments, but 1 is given | hint: pid"},
    {"begin { printf(); }", "error: printf() takes 1 or more arguments, but 0 are given | hint: printf(format, ...)"},
    {"begin { $x = printf(\"a\"); }", "error: printf() gives no value | hint: it is a statement of its own"},
    {"begin { $x = count(); }", "error: count() must be assigned directly to a map | hint: @name = count()"},
    {"begin { print(sum(1) + 1); }", "error: sum() must be assigned directly to a map | hint: @name = sum(n)"},
    {"begin { count(); }", "error: count() must be assigned directly to a map | hint: @name = count()"},
    {"begin { printf(pid); }", "error: printf() needs a string literal here | hint: printf(format, ...)"},
    {"begin { @h = hist(1, pid); }", "error: hist() needs a constant here | hint: hist(n [, bits])"},
    {"begin { @h = hist(\"a\"); }", "error: hist() needs an integer, but this is a string[2]"},
    {"begin { clear(1); }", "error: clear() needs a map | hint: maps are written @name"},
    {"begin { @x[1] = 1; clear(@x[1]); }",
     "error: clear() needs a whole map, but this is one entry of it | hint: write @x without a key"},
};
INSTANTIATE_TEST_SUITE_P(Names, SemaErrors, ::testing::ValuesIn(kNames));

const Wrong kOperators[] = {
    {"begin { print(1 / 0); }", "error: division by zero"},
    {"begin { print(pid % (1 - 1)); }", "error: modulo by zero"},
    {"begin { $x = 4; $x /= 0; print($x); }", "error: division by zero"},
    {"begin { print(pid << 64); }", "error: shift by 64 is out of range: integers have 64 bits"},
    {"begin { print(1 >> -1); }", "error: shift by -1 is out of range: integers have 64 bits"},
    {"begin { print(comm + 1); }", "error: '+' needs an integer, but this is a string[16]"},
    {"begin { print(-\"a\"); }", "error: '-' needs an integer, but this is a string[2]"},
    {"begin { print(~comm); }", "error: '~' needs an integer, but this is a string[16]"},
    {"begin { if (comm == 1) { exit(); } }",
     "error: '==' cannot compare a string[16] with an int64 | hint: if the number is an address, str(…) reads the "
     "string there"},
    {"begin { print(curtask == \"a\"); }",
     "error: '==' cannot compare a struct task_struct * with a string[2] | hint: str(…) reads the string at an "
     "address"},
    {"begin { print(comm == $1); }",
     "error: '==' cannot compare a string[16] with an int64 | hint: str($N) gives a parameter as text"},
    {"begin { print(comm < \"b\"); }", "error: strings can be compared by == and !=, not by <"},
    {"begin { print((1, 2) == 3); }", "error: '==' cannot compare a tuple (int64,int64) with an int64"},
    {"begin { print((1, \"a\") == (\"a\", 1)); }",
     "error: '==' cannot compare a tuple (int64,string[2]) with a tuple (string[2],int64)"},
    {"begin { print((1, 2) < (1, 2)); }", "error: '<' cannot compare a tuple (int64,int64) with a tuple (int64,int64)"},
    {"begin { print(curtask + curtask); }",
     "error: '+' needs a pointer and an integer, but this is a struct task_struct * and a struct task_struct * | "
     "hint: cast pointers to uint64 to compute with addresses"},
    {"begin { print((void *)pid + 1); }", "error: the size of what a void * points to is not known"},
    {"begin { print(pid ? 1 : \"a\"); }",
     "error: both sides of ':' must be alike, but one is an int64 and one is a string[2]"},
    {"begin /comm/ { exit(); }",
     "error: a condition is an integer, a bool or a pointer, but this is a string[16] | hint: compare it: == \"…\""},
    {"begin { if ((1, 2)) { exit(); } }",
     "error: a condition is an integer, a bool or a pointer, but this is a tuple (int64,int64)"},
    {"begin { print(!comm); }",
     "error: a condition is an integer, a bool or a pointer, but this is a string[16] | hint: compare it: == \"…\""},
    {"begin { print(*pid); }",
     "error: '*' needs a pointer, but this is a uint32 | hint: cast the address: *(uint64 *)…"},
    {"begin { print(*(void *)nsecs); }", "error: '*' cannot read through a void pointer | hint: cast it: *(uint64 *)…"},
    {"begin { $x = 1; print(&$x); }",
     "error: '&' has no address to take here | hint: what a pointer leads to has one: &$p->field"},
};
INSTANTIATE_TEST_SUITE_P(Operators, SemaErrors, ::testing::ValuesIn(kOperators));

const Wrong kVariables[] = {
    {"begin { print($y); }", "error: Undefined variable: $y"},
    {"begin { $count = 1; print($coutn); }", "error: Undefined variable: $coutn | hint: did you mean '$count'?"},
    {"begin { $a = $a + 1; }", "error: Undefined variable: $a"},
    {"begin { $a += 1; }", "error: Undefined variable: $a"},
    {"begin { $a++; }", "error: Undefined variable: $a"},
    {"begin { if (pid) { $a = 1; } print($a); }",
     "warning: $a is used behind the block that assigns it | hint: `let $a;` before the block says that this is meant"},
    {"begin { let $a; print($a); }", "error: $a is used before it has a value | note: it is declared here '$a'"},
    {"begin { $a = 1; if (pid) { let $a = 2; } }",
     "error: $a is already declared, and cannot be hidden by another | note: first declared here '$a'"},
    {"begin { $x = 1; $x = \"a\"; print($x + 1); }",
     "error: cannot assign a string[2] to $x, which holds an int64 | note: $x was first given an int64 here '$x = 1'"},
    {"begin { $s = \"a\"; $s += \"b\"; }", "error: '+=' works on integers, not on strings"},
    {"begin { $s = comm; $s++; }", "error: '++' needs an integer, but this holds a string[16]"},
    {"begin { let $x: uint8 = 300; }", "error: 300 does not fit a uint8"},
    {"begin { let $x: string[2] = \"ab\"; }",
     "error: this string of 2 bytes does not fit a string[2] | hint: one byte more is needed for the end"},
    {"begin { let $x: uint8 = comm; }",
     "error: cannot assign a string[16] to $x, which holds a uint8 | note: $x was first given a uint8 here '$x'"},
    {"begin { let $x: nonsense = 1; }", "error: Unknown type: 'nonsense'"},
    {"begin { let $x; }", "warning: $x is declared but never used"},
};
INSTANTIATE_TEST_SUITE_P(Variables, SemaErrors, ::testing::ValuesIn(kVariables));

const Wrong kMaps[] = {
    {"begin { print(@y); }", "error: Undefined map: @y | hint: nothing is ever assigned to it"},
    {"begin { @start[pid] = 1; print(@strat[1]); }", "error: Undefined map: @strat | hint: did you mean '@start'?"},
    {"begin /@seen[pid]/ { exit(); }", "error: Undefined map: @seen | hint: nothing is ever assigned to it"},
    {"begin { @x = 1; @x = \"a\"; }",
     "error: cannot assign a string[2] to @x, which holds an int64 | note: @x was first given an int64 here '@x = 1'"},
    {"begin { @x = count(); } end { @x = 5; }",
     "error: cannot assign an int64 to @x, which holds a count_t | note: @x was first given a count_t here '@x = "
     "count()' | hint: a map holds one kind of value: use another map"},
    {"begin { @x = 1; } end { @x = count(); }",
     "error: cannot assign a count_t to @x, which holds an int64 | note: @x was first given an int64 here '@x = 1'"},
    {"begin { @x = count(); @x = sum(1); }",
     "error: cannot assign a sum_t to @x, which holds a count_t | note: @x was first given a count_t here '@x = "
     "count()' | hint: a map holds one kind of value: use another map"},
    {"begin { @x = hist(1, 2); @x = hist(1, 3); }",
     "error: @x has other buckets here than elsewhere | note: @x was first given a hist_t here '@x = hist(1, 2)'"},
    {"begin { @x = count(); @x++; }",
     "error: cannot assign a uint64 to @x, which holds a count_t | note: @x was first given a count_t here '@x = "
     "count()' | hint: a map holds one kind of value: use another map"},
    {"begin { @x = hist(5); $y = @x; }",
     "error: @x holds a hist_t, which cannot be used as a value | hint: print(@x) prints it"},
    {"begin { @x = stats(5); print(@x + 1); }",
     "error: @x holds a stats_t, which cannot be used as a value | hint: print(@x) prints it"},
    {"begin { @x[1] = 1; @x = 2; }",
     "error: @x is used without a key here, but with one elsewhere | note: @x is used with a key here '@x[1]'"},
    {"begin { @x = 1; print(@x[1]); }",
     "error: @x is used with a key here, but without one elsewhere | note: @x is used without a key here '@x'"},
    {"begin { @x[1] = 1; @x[1, 2] = 2; }",
     "error: @x has 2 keys here, but 1 key elsewhere | note: @x was first given an int64 as its key here '1'"},
    {"begin { @x[1] = 1; @x[comm] = 2; }",
     "error: the key of @x is a string[16] here, but an int64 elsewhere | note: @x was first given an int64 as its key "
     "here '1'"},
    {"begin { @x[pid, comm] = 1; delete(@x, (comm, pid)); }",
     "error: the key of @x is a tuple (string[16],uint32) here, but a tuple (uint64,string[16]) elsewhere | note: @x "
     "was first "
     "given a tuple (uint64,string[16]) as its key here 'pid, comm'"},
    {"begin { @s = \"abc\"; @s++; }", "error: '++' needs an integer, but this holds a string[4]"},
    {"begin { @s = \"abc\"; @s += 1; }", "error: '+=' works on integers, not on strings"},
    {"begin { @a = @b; @b = @a; }",
     "error: the type of @a cannot be told | hint: it is only ever assigned values that depend on itself"},
    {"begin { @x = 1; for ($kv : @x) { print($kv); } }",
     "error: @x has no keys to go through | note: it is used without a key here '@x'"},
    {"let @x = hasch(5); begin { @x[1] = 1; }", "error: Unknown kind of map: 'hasch' | hint: did you mean 'hash'?"},
    {"let @x = hash(0); begin { @x[1] = 1; }", "error: @x must have room for 1 to 4294967295 entries, not 0"},
    {"let @x = hash(9); begin { @x[1] = count(); }",
     "error: @x holds count_t, which needs a value per CPU, not a hash | note: @x was given a count_t here '@x[1] = "
     "count()' | hint: use percpuhash(9)"},
};
INSTANTIATE_TEST_SUITE_P(Maps, SemaErrors, ::testing::ValuesIn(kMaps));

const Wrong kFields[] = {
    {"begin { print(curtask->pidd); }", "error: 'struct task_struct' has no field 'pidd' | hint: did you mean 'pid'?"},
    {"begin { print(pid->x); }", "error: a uint32 has no field 'x' | hint: cast the address: ((struct NAME *)…)->x"},
    {"begin { print((1, 2).2); }", "error: a tuple (int64,int64) has no element 2 | hint: its elements are 0 to 1"},
    {"tracepoint:syscalls:sys_enter_openat { print(args.filenam); }",
     "error: tracepoint:syscalls:sys_enter_openat has no argument 'filenam' | hint: did you mean 'filename'? `sonde "
     "-lv "
     "tracepoint:syscalls:sys_enter_openat` lists the arguments"},
    {"begin { print((struct nope *)pid); }", "error: Unknown type: 'nope'"},
    {"begin { print((struct task_struct)nsecs); }",
     "error: cannot cast to struct task_struct | hint: cast to a pointer: (struct task_struct *)"},
    {"begin { print((int32)comm); }", "error: cannot cast a string[16] to int32"},
    {"begin { print(pid[1]); }", "error: a uint32 has no elements to index"},
    {"begin { print((1, 2)[1]); }",
     "error: a tuple (int64,int64) has no elements to index | hint: elements of tuples are .0, .1, …"},
    {"tracepoint:sched:sched_switch { print(args.prev_comm[16]); }", "error: index 16 is outside of an int8[16]"},
    {"begin { print(offsetof(struct task_struct, pidd)); }",
     "error: 'struct task_struct' has no field 'pidd' | hint: did you mean 'pid'?"},
};
INSTANTIATE_TEST_SUITE_P(Fields, SemaErrors, ::testing::ValuesIn(kFields));

const Wrong kStatements[] = {
    {"begin { break; }", "error: 'break' only works in a loop"},
    {"begin { continue; }", "error: 'continue' only works in a loop"},
    {"begin { unroll(101) { exit(); } }", "error: unroll repeats 1 to 100 times"},
    {"begin { unroll(0) { exit(); } }", "error: unroll repeats 1 to 100 times"},
    {"begin { unroll(pid) { exit(); } }", "error: unroll needs a constant"},
    {"begin { for ($i : comm..3) { print($i); } }", "error: a range needs an integer, but this is a string[16]"},
    {"begin { return comm; }", "error: return needs an integer, but this is a string[16]"},
    {"begin { pid + 1; }", "warning: the value of this expression is not used"},
    {"begin { print(nsecs / retval); }",
     "warning: division of a uint64 by an int64 is done with signed numbers | hint: a cast of one side makes both "
     "alike"},
};
INSTANTIATE_TEST_SUITE_P(Statements, SemaErrors, ::testing::ValuesIn(kStatements));

TEST(SemaReports, AllErrorsButNothingThatFollowsFromThem) {
  Script script(
      "begin { $x = nope1; $y = $x + 1; @m[$x] = $y; print(@m[nope2] == $y); if ($x) { print(pid + nope3); } }");
  EXPECT_THAT(script.messages(), ElementsAre("error: Unknown identifier: 'nope1'", "error: Unknown identifier: 'nope2'",
                                             "error: Unknown identifier: 'nope3'"));
}

TEST(SemaReports, OnceForAProbeOfSeveralPrograms) {
  Script script("kprobe:vfs_read,tracepoint:sched:sched_switch { print(nope); }");
  EXPECT_THAT(script.messages(), ElementsAre("error: Unknown identifier: 'nope'"));
}

TEST(SemaReports, TypesThatAreFineWithoutWarning) {
  EXPECT_THAT(
      Script("begin { $d = nsecs - nsecs; print($d / 1000); print(pid / retval); print(nsecs / 1000); }").messages(),
      IsEmpty());
}

TEST(SemaConfig, IsApplied) {
  Script script("config = { max_map_keys = 7; max_strlen = 32 } begin { @x[1] = 1; }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.analysis().config.max_strlen, 32u);
  EXPECT_EQ(script.analysis().maps.front().max_entries, 7u);
}

TEST(SemaConfig, RejectsUnknownKeysAndValues) {
  EXPECT_THAT(Script("config = { max_map_key = 7 } begin { exit(); }").messages(),
              ElementsAre("error: Unknown setting: 'max_map_key' | hint: did you mean 'max_map_keys'?"));
  EXPECT_THAT(Script("config = { max_map_keys = yes } begin { exit(); }").messages(),
              ElementsAre(HasSubstr("error: max_map_keys cannot be 'yes': it must be a whole number")));
}

TEST(SemaTypes, ThatCannotBeLookedUpSayWhy) {
  kernel::FakeKernel kernel;
  kernel.fail_types({"read types", "/sys/kernel/btf/vmlinux", "the kernel has no BTF", "build it with it"});
  Script script("begin { print(curtask->pid); }", std::move(kernel));
  EXPECT_THAT(script.messages(), ElementsAre("error: the type 'task_struct' cannot be looked up: the kernel has no BTF "
                                             "| hint: build it with it"));
}

}  // namespace
}  // namespace sonde::testing
