// Types that sema finds for right scripts: arithmetic, variables, maps, fields, events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The type and, if it is known, the value of an expression: "int64 3".
std::string typed(const std::string &expression, const std::string &before = "") {
  Script script("begin { " + before + " print(" + expression + "); }");
  EXPECT_THAT(script.messages(), IsEmpty()) << expression;
  const sema::Unit &unit = script.analysis().units.front();
  const auto &statement = std::get<ast::ExprStatement>(unit.probe->body.statements.back().node);
  const ast::Expr &argument = *std::get<ast::Call>(statement.expr->node).arguments.front();
  const sema::ExprInfo &info = unit.info(argument);
  std::string value;
  if (info.constant)
    value = info.type.is_signed ? fmt::format(" {}", static_cast<int64_t>(*info.constant))
                                : fmt::format(" {}", *info.constant);
  return to_string(info.type) + value;
}

sema::AnalyzeOptions with_parameters(std::vector<std::string> parameters) {
  sema::AnalyzeOptions options;
  options.positional_parameters = std::move(parameters);
  return options;
}

TEST(SemaArithmetic, FoldsConstantsAsCDoes) {
  EXPECT_EQ(typed("1 + 2 * 3"), "int64 7");
  EXPECT_EQ(typed("7 / -2"), "int64 -3");
  EXPECT_EQ(typed("-7 % 4"), "int64 -3");
  EXPECT_EQ(typed("-9223372036854775807 - 1"), "int64 -9223372036854775808");
  EXPECT_EQ(typed("(-9223372036854775807 - 1) / -1"), "int64 -9223372036854775808");
  EXPECT_EQ(typed("(-9223372036854775807 - 1) % -1"), "int64 0");
  EXPECT_EQ(typed("9223372036854775807 + 1"), "int64 -9223372036854775808");
  EXPECT_EQ(typed("18446744073709551615"), "uint64 18446744073709551615");
  EXPECT_EQ(typed("9223372036854775808 + 1"), "uint64 9223372036854775809");
  EXPECT_EQ(typed("18446744073709551615 / 10"), "uint64 1844674407370955161");
  EXPECT_EQ(typed("18446744073709551615 - 1"), "uint64 18446744073709551614");
  EXPECT_EQ(typed("5 - 7"), "int64 -2");
  EXPECT_EQ(typed("-1 >> 1"), "int64 -1");
  EXPECT_EQ(typed("1 << 63"), "int64 -9223372036854775808");
  EXPECT_EQ(typed("~0"), "uint64 18446744073709551615");
  EXPECT_EQ(typed("~(uint8)5"), "uint8 250");
  EXPECT_EQ(typed("!5"), "bool 0");
  EXPECT_EQ(typed("-(5)"), "int64 -5");
  EXPECT_EQ(typed("6 & 3 | 8 ^ 1"), "int64 11");
  EXPECT_EQ(typed("1 == 1"), "bool 1");
  EXPECT_EQ(typed("-1 < 1"), "bool 1");
  EXPECT_EQ(typed("18446744073709551615 > 1"), "bool 1");
  EXPECT_EQ(typed("2 && 0 || 3"), "bool 1");
}

TEST(SemaArithmetic, CastsCutAndExtendConstants) {
  EXPECT_EQ(typed("(uint8)300"), "uint8 44");
  EXPECT_EQ(typed("(int8)200"), "int8 -56");
  EXPECT_EQ(typed("(int64)(uint32)-1"), "int64 4294967295");
  EXPECT_EQ(typed("(bool)7"), "bool 1");
}

TEST(SemaArithmetic, ComputesIn64Bits) {
  EXPECT_EQ(typed("pid + pid"), "uint64");
  EXPECT_EQ(typed("pid + 1"), "uint64");
  EXPECT_EQ(typed("pid + -1"), "int64");
  EXPECT_EQ(typed("nsecs * retval"), "int64");
  EXPECT_EQ(typed("nsecs - nsecs"), "int64");
  EXPECT_EQ(typed("pid << 3"), "uint64");
  EXPECT_EQ(typed("retval >> nsecs"), "int64");
  EXPECT_EQ(typed("-pid"), "int64");
  EXPECT_EQ(typed("~pid"), "uint32");
  EXPECT_EQ(typed("pid == 1"), "bool");
}

TEST(SemaTernary, UnifiesItsSides) {
  EXPECT_EQ(typed("pid ? 1 : 2"), "int64");
  EXPECT_EQ(typed("pid ? nsecs : 0"), "uint64");
  EXPECT_EQ(typed("pid ? nsecs : -1"), "int64");
  EXPECT_EQ(typed("pid ? \"ab\" : \"abcdef\""), "string[7]");
  EXPECT_EQ(typed("pid ?: 5"), "uint64");
  EXPECT_EQ(typed("pid ? curtask : 0"), "struct task_struct *");
}

TEST(SemaTernary, MayStandAsAStatement) {
  EXPECT_THAT(Script("begin { pid > 1 ? printf(\"a\") : exit(); }").messages(), IsEmpty());
}

TEST(SemaVariables, TakeTheTypeOfAllTheirAssignments) {
  auto variable = [](const std::string &body, size_t warnings = 0) {
    Script script("begin { " + body + " print($x); }");
    EXPECT_EQ(script.messages().size(), warnings) << body;
    return script.variable("x");
  };
  EXPECT_EQ(variable("$x = 0;"), "int64");
  EXPECT_EQ(variable("$x = 0; $x = nsecs;"), "uint64");
  EXPECT_EQ(variable("$x = 0; $x += nsecs;"), "uint64");
  EXPECT_EQ(variable("$x = 0; $x++; $x = nsecs;"), "uint64");
  EXPECT_EQ(variable("$x = 0; $x = -1; $x = pid;"), "int64");
  EXPECT_EQ(variable("$x = nsecs; $x = 0;"), "uint64");
  EXPECT_EQ(variable("$x = nsecs; $x = -1;", 1), "int64");
  EXPECT_EQ(variable("$x = nsecs; $x -= 5;", 1), "int64");
  EXPECT_EQ(variable("$x = pid; $x++;"), "uint64");
  EXPECT_EQ(variable("$x = pid; $x--;"), "int64");
  EXPECT_EQ(variable("$x = (uint8)1; $x = 300;"), "uint64");
  EXPECT_EQ(variable("$x = (uint8)1; $x = (uint16)300;"), "uint16");
  EXPECT_EQ(variable("$x = (uint8)1; $x = (int16)300;"), "int16");
  EXPECT_EQ(variable("$x = \"ab\"; $x = \"abcdef\";"), "string[7]");
  EXPECT_EQ(variable("$x = 1 == 1; $x = 0;"), "int64");
  EXPECT_EQ(variable("$x = (1, \"a\"); $x = (pid, \"abc\");"), "(int64,string[4])");
  EXPECT_EQ(variable("let $x: uint16 = 7; $x = nsecs;", 1), "uint16");
  EXPECT_EQ(variable("let $x; if (pid) { $x = comm; }"), "string[16]");
  EXPECT_EQ(variable("let $x: string[8] = \"abc\";"), "string[8]");
}

TEST(SemaVariables, LaterGrowthReachesEarlierUses) {
  Script script("begin { $x = \"a\"; $y = $x; while (pid) { $x = $y; $y = comm; } }");
  EXPECT_EQ(script.variable("x"), "string[16]");
  EXPECT_EQ(script.variable("y"), "string[16]");
}

TEST(SemaVariables, LiveInTheirBlock) {
  EXPECT_THAT(Script("begin { if (pid) { $a = 1; print($a); } else { $a = \"s\"; print($a); } }").messages(),
              IsEmpty());
  EXPECT_THAT(Script("begin { $a = 1; if (pid) { $a = 2; } print($a); }").messages(), IsEmpty());
}

TEST(SemaMaps, TakeTheTypesOfAllProbes) {
  Script script("begin { @x[pid, \"a\"] = 1; } end { @x[1, comm] = nsecs; print(@x[2, \"abc\"]); }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.map("@x"), "@x[(uint64,string[16])]: uint64");
}

TEST(SemaMaps, KeepIntegersIn64Bits) {
  EXPECT_EQ(Script("begin { @[pid] = (uint8)1; }").map("@"), "@[uint64]: uint64");
  EXPECT_EQ(Script("begin { @[1] = 2; }").map("@"), "@[int64]: int64");
  EXPECT_EQ(Script("begin { @[1] = 2; @[pid] = -1; }").map("@"), "@[uint64]: int64");
  EXPECT_EQ(Script("begin { @x = (pid, comm); }").map("@x"), "@x: (uint64,string[16])");
  EXPECT_EQ(Script("begin { @x++; }").map("@x"), "@x: int64");
  EXPECT_EQ(Script("begin { @x += nsecs; }").map("@x"), "@x: uint64");
  EXPECT_EQ(Script("begin { @x--; @x = nsecs; }").map("@x"), "@x: int64");
}

TEST(SemaMaps, MayBeReadInProbesBeforeTheirAssignment) {
  Script script("begin { $x = @start[1]; print($x); } end { @start[pid] = comm; }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.variable("x"), "string[16]");
}

TEST(SemaMaps, AcceptKeysHeldByAVariable) {
  Script script("begin { $k = (pid, comm); @x[$k] = 1; @x[1, \"a\"] = 2; }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.map("@x"), "@x[(uint64,string[16])]: int64");
}

TEST(SemaMaps, ChooseStorage) {
  Script script("let @l = lruhash(7); begin { @s = 1; @k[1] = 1; @c = count(); @h[1] = hist(5); @l[1] = 2; }");
  std::vector<std::string> lines;
  for (const image::MapSpec &map : script.analysis().maps)
    lines.push_back(fmt::format("{} {} {}", map.bpf_name, static_cast<int>(map.storage), map.max_entries));
  using enum image::MapStorage;
  auto line = [](const char *name, image::MapStorage storage, int entries) {
    return fmt::format("{} {} {}", name, static_cast<int>(storage), entries);
  };
  EXPECT_THAT(lines, ElementsAre(line("AT_s", Array, 1), line("AT_k", Hash, 4096), line("AT_c", PerCpuArray, 1),
                                 line("AT_h", Table, 4096), line("AT_l", LruHash, 7)));
}

// What programs look into, go through or take entries out of is the kernel's, and what the script says it is.
TEST(SemaMaps, TablesAreOnlyCountedIn) {
  auto storage = [](const std::string &statements) {
    return Script("begin { @c[1] = count(); " + statements + " }").analysis().maps[0].storage;
  };
  using enum image::MapStorage;
  for (const char *use : {"", "print(@c); clear(@c);", "print(@c, 5);", "@c[2] = count();", "@other[1] = @x;"})
    EXPECT_EQ(storage(use), Table) << use;
  for (const char *use : {"$a = @c[1];", "delete(@c[1]);", "delete(@c, 1);", "print(@c[1]);", "$n = gone_through(@c);",
                          "for ($kv : @c) { }", "if (has_key(@c, 1)) { }", "@c[(int64)@c[1]] = count();",
                          "unroll(2) { @c[2] = count(); }", "for ($i : 0..4) { if ($i > 2) { @c[$i] = count(); } }"})
    EXPECT_EQ(storage(use), PerCpuHash) << use;
  EXPECT_EQ(Script("let @c = percpuhash(9); begin { @c[1] = count(); }").analysis().maps[0].storage, PerCpuHash);
  for (const char *keys : {"4294967295", "20000000", "3000000"})
    EXPECT_EQ(Script(std::string("config = { max_map_keys = ") + keys + " } begin { @c[1] = count(); @s[tid] = 1; }")
                  .analysis()
                  .maps[0]
                  .storage,
              PerCpuHash)
        << keys;
  EXPECT_TRUE(Script("begin { @c[1] = count(); clear(@c); }").analysis().maps[0].is_cleared);
}

// The verifier follows each search.
TEST(SemaMaps, AProgramHasFewTables) {
  std::string body;
  for (int i = 0; i < 14; ++i)
    body += fmt::format("@c{} = count(); @k{:02}[pid] = count(); ", i, i);
  Script script("begin { " + body + "} end { @k00[1] = count(); @other[1] = count(); }");
  size_t tables = 0;
  for (const image::MapSpec &map : script.analysis().maps)
    tables += map.storage == image::MapStorage::Table;
  EXPECT_EQ(tables, 12u + 1u);
}

TEST(SemaMaps, ThreadsHaveSlotsWhereTidIsTheOnlyKey) {
  auto has_slots = [](const std::string &statements) {
    return Script("begin { " + statements + " }").analysis().maps[0].has_task_slots;
  };
  for (const char *use : {"@s[tid] = 1;", "@s[tid()] = 1; delete(@s[tid]);", "@s[tid] = comm; print(@s); clear(@s);",
                          "@s[tid]++; if (has_key(@s, tid)) { delete(@s, tid); }", "@s[tid] = 1; $a = @s[tid] + 1;",
                          "@s[tid] = str(nsecs);"})
    EXPECT_TRUE(has_slots(use)) << use;
  for (const char *use :
       {"@s[pid] = 1;", "@s[tid(1)] = 1;", "@s[tid] = 1; delete(@s, pid);", "@s[tid] = 1; $a = @s[2];",
        "@s[tid] = 1; for ($kv : @s) { }", "@s[tid] = 1; $n = gone_through(@s);", "@s[tid, 1] = 1;",
        "@s[tid] = 1; if (has_key(@s, 7)) { }", "@s[tid] = count();"})
    EXPECT_FALSE(has_slots(use)) << use;
  EXPECT_FALSE(Script("let @s = hash(4096); begin { @s[tid] = 1; }").analysis().maps[0].has_task_slots);
  EXPECT_FALSE(Script("config = { max_map_keys = 10 } begin { @s[tid] = 1; }").analysis().maps[0].has_task_slots);
}

TEST(SemaMaps, AggregationsReadAsNumbers) {
  EXPECT_EQ(typed("@c + 1", "@c = count();"), "uint64");
  EXPECT_EQ(typed("(int32)@s", "@s = sum(-1);"), "int32");
  EXPECT_EQ(Script("begin { @s = sum(pid); @s = sum(-1); }").map("@s"), "@s: sum_t");
}

TEST(SemaFields, FollowStructsOfTheKernel) {
  EXPECT_EQ(typed("curtask->pid"), "int32");
  EXPECT_EQ(typed("curtask.pid"), "int32");
  EXPECT_EQ(typed("((struct task_struct *)nsecs)->pid"), "int32");
  EXPECT_EQ(typed("curtask + 1"), "struct task_struct *");
  EXPECT_EQ(typed("curtask - curtask"), "int64");
  EXPECT_EQ(typed("$p++", "$p = curtask;"), "struct task_struct *");
  EXPECT_EQ(typed("&curtask->pid"), "int32 *");
  EXPECT_EQ(typed("(1, pid) == (2, pid)"), "bool");
  EXPECT_EQ(typed("*(uint16 *)nsecs"), "uint16");
  EXPECT_EQ(typed("((uint32 *)nsecs)[3]"), "uint32");
  EXPECT_EQ(typed("(1, \"abc\").1"), "string[4]");
  EXPECT_EQ(typed("sizeof(uint32)"), "int64 4");
  EXPECT_EQ(typed("sizeof(comm)"), "int64 16");
}

TEST(SemaFields, OfArgsComeFromTheTracepoint) {
  Script script("tracepoint:syscalls:sys_enter_openat { $f = args.filename; print(args->dfd); }");
  EXPECT_THAT(script.messages(), IsEmpty());
  const sema::VariableInfo &variable = script.analysis().units.front().variables.front();
  EXPECT_TRUE(variable.type.is_pointer());
  EXPECT_EQ(variable.type.space, AddressSpace::User);
}

TEST(SemaFields, DataLocActsAsACharPointerIntoTheKernel) {
  Script script("tracepoint:sched:sched_process_exec { $f = args.filename; print($f); }");
  const Type &type = script.analysis().units.front().variables.front().type;
  EXPECT_EQ(to_string(type), "int8 *");
  EXPECT_EQ(type.space, AddressSpace::Kernel);
}

TEST(SemaFields, CharArraysAreKeptAsStrings) {
  Script script("tracepoint:sched:sched_switch { @[args.prev_comm] = 1; $c = args.next_comm; "
                "if (args.prev_comm == \"x\" || args.prev_comm == args.next_comm) { print($c); } }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.map("@"), "@[string[17]]: int64");
  EXPECT_EQ(script.variable("c"), "string[17]");
}

TEST(SemaParameters, AreNumbersOrStrings) {
  auto parameter = [](const std::string &text) {
    Script script("begin { $x = $1; print($x); }", with_parameters({text}));
    EXPECT_THAT(script.messages(), IsEmpty());
    const sema::Unit &unit = script.analysis().units.front();
    const auto &assign = std::get<ast::Assign>(unit.probe->body.statements.front().node);
    const sema::ExprInfo &info = unit.info(*assign.value);
    return info.constant ? fmt::format("{}", static_cast<int64_t>(*info.constant)) : to_string(info.type);
  };
  EXPECT_EQ(parameter("12"), "12");
  EXPECT_EQ(parameter("-3"), "-3");
  EXPECT_EQ(parameter("0x1f"), "31");
  EXPECT_EQ(parameter("017"), "15");
  EXPECT_EQ(parameter("0"), "0");
  EXPECT_EQ(parameter("abc"), "string[4]");
  EXPECT_EQ(parameter("12x"), "string[4]");
  EXPECT_EQ(parameter(""), "string[1]");
}

TEST(SemaParameters, AreTextForStr) {
  Script script("begin { $s = str($1); $n = str($2); print($s); print($n); }", with_parameters({"123"}));
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_EQ(script.variable("s"), "string[4]");
  EXPECT_EQ(script.variable("n"), "string[1]");
}

TEST(SemaParameters, CountAndMissingAreNumbers) {
  EXPECT_EQ(typed("$#"), "int64 0");
  EXPECT_EQ(typed("$4"), "int64 0");
}

TEST(SemaLoops, BringInTheirVariable) {
  Script script("begin { @m[pid] = comm; for ($kv : @m) { $k = $kv.0; print($kv.1); } for ($i : 0..pid) { print($i); } "
                "unroll(3) { print(1); } while (pid) { break; } }");
  EXPECT_THAT(script.messages(), ElementsAre(::testing::HasSubstr("while loops are deprecated")));
  EXPECT_EQ(script.variable("kv"), "(uint64,string[16])");
  EXPECT_EQ(script.variable("k"), "uint64");
  EXPECT_EQ(script.variable("i"), "int64");
}

TEST(SemaBuiltins, NumberedAndWithParentheses) {
  Script script("kprobe:vfs_read { print(arg3); print(pid()); }");
  EXPECT_THAT(script.messages(), IsEmpty());
  const sema::Unit &unit = script.analysis().units.front();
  const auto &call = std::get<ast::ExprStatement>(unit.probe->body.statements.front().node).expr;
  const sema::ExprInfo &info = unit.info(*std::get<ast::Call>(call->node).arguments.front());
  EXPECT_EQ(info.builtin->name, "arg");
  EXPECT_EQ(info.number, 3u);
}

TEST(SemaEvents, LieAlignedAfterTheHeader) {
  Script script("begin { printf(\"x\", (uint8)1, pid, \"abc\", nsecs); }");
  const image::EventSpec &event = script.analysis().events.front();
  std::vector<uint32_t> offsets;
  for (const image::EventField &field : event.fields)
    offsets.push_back(field.offset);
  EXPECT_THAT(offsets, ElementsAre(8, 12, 16, 24));
  EXPECT_EQ(event.size, 32u);
}

TEST(SemaEvents, AreSharedByUnitsThatSendTheSame) {
  Script same("tracepoint:sched:sched_switch,kprobe:vfs_read { print(pid); }");
  EXPECT_EQ(same.analysis().units.size(), 2u);
  EXPECT_EQ(same.analysis().events.size(), 1u);
  Script different("tracepoint:syscalls:sys_enter_openat,kprobe:vfs_read { print(probe); exit(); }");
  EXPECT_EQ(different.analysis().events.size(), 2u);
}

// One probe's types may not depend on the order in which units are looked at, nor cost more each.
TEST(SemaCost, StaysLinear) {
  // Of the processor, whatever else it is busy with.
  auto seconds = [](const std::string &text) {
    std::clock_t start = std::clock();
    Script script(text);
    EXPECT_THAT(script.messages(), IsEmpty());
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  auto probes = [](int count) {
    std::string text = "begin { @last = @m0; }\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format("kprobe:vfs_read {{ @m{} = @m{}; @all[pid] = count(); print(@all[pid]); }}\n", i, i + 1);
    return text + fmt::format("end {{ @m{} = nsecs; }}\n", count);
  };
  auto statements = [](int count) {
    std::string text = "begin { $x0 = 0;\n";
    for (int i = 0; i < count; ++i)
      text += fmt::format("$x{} = $x{} + pid; @m[{}] = $x{};\n", i + 1, i, i, i);
    return text + "}";
  };
  EXPECT_LT(seconds(probes(800)), 40 * seconds(probes(80)) + 0.5);
  EXPECT_LT(seconds(statements(2000)), 40 * seconds(statements(200)) + 0.5);
}

}  // namespace
}  // namespace sonde::testing
