// Attach points → units, and what -d types prints.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// "function: target target" for each unit, with a '+' behind the function that asks for its target.
std::vector<std::string> units(const Script &script) {
  std::vector<std::string> out;
  for (const sema::Unit &unit : script.analysis().units) {
    std::string text = unit.function + (unit.needs_cookie ? "+:" : ":");
    for (const image::Target &target : unit.targets)
      text += " " + target.name;
    out.push_back(std::move(text));
  }
  return out;
}

TEST(SemaUnits, OneForAllTargetsOfAProvider) {
  Script script("kprobe:vfs_*,kprobe:do_nanosleep,kretprobe:vfs_open { print(pid); }");
  EXPECT_THAT(units(script),
              ElementsAre("kprobe_1: kprobe:vfs_open kprobe:vfs_read kprobe:vfs_write kprobe:do_nanosleep",
                          "kretprobe_2: kretprobe:vfs_open"));
}

TEST(SemaUnits, SeveralBeginProbes) {
  EXPECT_THAT(units(Script("begin { print(1); } BEGIN { print(2); }")),
              ElementsAre("begin_1: begin", "begin_2: begin"));
}

TEST(SemaUnits, ShareAProgramWhenTheUsedArgumentsLieAlike) {
  kernel::FakeKernel kernel;
  kernel.add_tracepoint("t", "one",
                        "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n"
                        "\tfield:int b;\toffset:12;\tsize:4;\tsigned:1;\n");
  kernel.add_tracepoint("t", "two",
                        "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n"
                        "\tfield:int c;\toffset:12;\tsize:4;\tsigned:1;\n");
  kernel.add_tracepoint("t", "zwei",
                        "\tfield:int b;\toffset:8;\tsize:4;\tsigned:1;\n"
                        "\tfield:int a;\toffset:16;\tsize:4;\tsigned:1;\n");
  EXPECT_THAT(units(Script("tracepoint:t:* { print(args.a); }", kernel)),
              ElementsAre("tracepoint_1: tracepoint:t:one tracepoint:t:two", "tracepoint_2: tracepoint:t:zwei"));
  EXPECT_THAT(units(Script("tracepoint:t:* { print(pid); }", kernel)), SizeIs(1));
  EXPECT_THAT(units(Script("tracepoint:t:* { print(args); }", kernel)), SizeIs(3));
  Script missing("tracepoint:t:* { print(args.b); }", kernel);
  EXPECT_THAT(missing.messages(), ElementsAre(HasSubstr("error: tracepoint:t:two has no argument 'b'")));
  kernel.add_tracepoint("t", "three", "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n");
  Script several("tracepoint:t:* /args.b == 1/ { }", kernel);
  EXPECT_THAT(several.messages(),
              ElementsAre(HasSubstr("error: tracepoint:t:three, tracepoint:t:two of 4 matches have no argument 'b'")));
}

TEST(SemaUnits, AskForTheirTargetOnlyWhereItsNameIsUsed) {
  EXPECT_THAT(units(Script("kprobe:vfs_read,kprobe:vfs_open { print(probe); } kprobe:vfs_write { print(probe); }")),
              ElementsAre("kprobe_1+: kprobe:vfs_read kprobe:vfs_open", "kprobe_2: kprobe:vfs_write"));
}

TEST(SemaUnits, AreSplitWhereTheKernelCannotTellTargets) {
  kernel::FakeKernel kernel;
  kernel.remove_feature(kernel::Feature::AttachCookie);
  Script script("kprobe:vfs_read,kprobe:vfs_open { $x = 1; $x = nsecs; print(probe); }", std::move(kernel));
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_THAT(units(script), ElementsAre("kprobe_1: kprobe:vfs_read", "kprobe_2: kprobe:vfs_open"));
  EXPECT_THAT(script.analysis().probe_names, ElementsAre("kprobe:vfs_read", "kprobe:vfs_open"));
  EXPECT_EQ(script.analysis().units[1].targets.front().name_index, 1u);
}

// ---- Entry and return by one program ----

// "entry → return" for each pair, by index.
std::vector<std::string> sessions(const Script &script) {
  std::vector<std::string> out;
  for (size_t i = 0; i < script.analysis().units.size(); ++i)
    if (const sema::Unit &unit = script.analysis().units[i]; unit.session_return != sema::kNoIndex)
      out.push_back(fmt::format("{} → {}", i, unit.session_return));
  return out;
}

TEST(SemaSessions, EntriesAndReturnsOfTheSameFunctions) {
  Script script("kretprobe:vfs_* { print(probe); } kprobe:do_nanosleep { } kprobe:vfs_* { print(probe); }");
  EXPECT_THAT(sessions(script), ElementsAre("2 → 0"));
  const sema::Unit &at_return = script.analysis().units[0], &entry = script.analysis().units[2];
  EXPECT_TRUE(at_return.is_session_return);
  EXPECT_EQ(at_return.function, entry.function);
  // By the entry's cookie, each return finds its own name.
  for (size_t i = 0; i < entry.targets.size(); ++i)
    EXPECT_EQ(entry.targets[i].name_index + at_return.cookie_distance, at_return.targets[i].name_index);
}

TEST(SemaSessions, OfOneProbeToo) {
  EXPECT_THAT(sessions(Script("kprobe:vfs_*,kretprobe:vfs_* { print(probe); }")), ElementsAre("0 → 1"));
}

TEST(SemaSessions, EachProbeIsOfOnePair) {
  EXPECT_THAT(sessions(Script("kprobe:vfs_* { } kprobe:vfs_* { } kretprobe:vfs_* { }")), ElementsAre("0 → 2"));
}

TEST(SemaSessions, NotOfOtherFunctions) {
  EXPECT_THAT(sessions(Script("kprobe:vfs_* { } kretprobe:vfs_r*,kretprobe:do_nanosleep { }")), IsEmpty());
  EXPECT_THAT(sessions(Script("kprobe:vfs_read { } kretprobe:vfs_read { }")), IsEmpty());
}

TEST(SemaSessions, NotWhereTheKernelHasNone) {
  kernel::FakeKernel kernel;
  kernel.remove_feature(kernel::Feature::KprobeSession);
  EXPECT_THAT(sessions(Script("kprobe:vfs_* { } kretprobe:vfs_* { }", std::move(kernel))), IsEmpty());
  EXPECT_THAT(sessions(Script("config = { license = \"Dual MIT/GPL\" } kprobe:vfs_* { } kretprobe:vfs_* { }")),
              IsEmpty());
}

TEST(SemaUnits, OfBeginAreSplitToo) {
  EXPECT_THAT(units(Script("begin,end { print(probe); }")), ElementsAre("begin_1: begin", "end_2: end"));
  EXPECT_THAT(units(Script("begin,begin { print(probe); }")), ElementsAre("begin_1: begin", "begin_2: begin"));
}

TEST(SemaUnits, AreSplitWhereTheNameOfTheProbeIsCompared) {
  Script script("kprobe:vfs_read,kprobe:vfs_open { if (probe == \"kprobe:vfs_open\") { exit(); } }");
  EXPECT_THAT(script.messages(), IsEmpty());
  EXPECT_THAT(units(script), ElementsAre("kprobe_1: kprobe:vfs_read", "kprobe_2: kprobe:vfs_open"));
  std::vector<std::optional<uint64_t>> answers;
  for (const sema::Unit &unit : script.analysis().units)
    answers.push_back(unit.info(*std::get<ast::If>(unit.probe->body.statements.front().node).condition).constant);
  EXPECT_THAT(answers, ElementsAre(0, 1));
  EXPECT_THAT(Script("begin { if (probe == comm) { exit(); } }").messages(),
              ElementsAre("error: '==' cannot compare a probe with a string[16]"));
}

TEST(SemaProbes, UnknownProviderAndTarget) {
  EXPECT_THAT(Script("kprob:vfs_read { exit(); }").messages(),
              ElementsAre("error: there is no provider 'kprob' | hint: did you mean 'kprobe'?"));
  EXPECT_THAT(
      Script("tracepoint:sched:sched_swich { exit(); }").messages(),
      ElementsAre("error: there is no tracepoint 'sched:sched_swich' | hint: did you mean 'sched:sched_switch'?"));
}

TEST(SemaProbes, MissingOnesFollowThePolicy) {
  std::string probes = " kprobe:vfs_read,tracepoint:sched:nope { exit(); }";
  EXPECT_THAT(Script("config = { missing_probes = ignore }" + probes).messages(), IsEmpty());
  Script warned("config = { missing_probes = warn }" + probes);
  EXPECT_THAT(warned.messages(), ElementsAre(HasSubstr("warning: there is no tracepoint 'sched:nope'")));
  EXPECT_THAT(units(warned), ElementsAre("kprobe_1: kprobe:vfs_read"));
  EXPECT_THAT(Script("config = { missing_probes = ignore } tracepoint:sched:nope { exit(); }").messages(),
              ElementsAre("error: none of the probes exists on this system"));
}

TEST(SemaProbes, ThatAreMissingStillSayWhatTheirMapsHold) {
  std::string body = " { @n[comm] = count(); @a[args.x] = args.y; } end { print(@n); print(@a); }";
  EXPECT_THAT(Script("tracepoint:sched:nope" + body).messages(), ElementsAre(HasSubstr("there is no tracepoint")));
  Script ignored("config = { missing_probes = ignore } tracepoint:sched:nope" + body);
  EXPECT_THAT(ignored.messages(), IsEmpty());
  EXPECT_THAT(units(ignored), ElementsAre("end_1: end"));
  EXPECT_EQ(ignored.map("@n"), "@n[string[16]]: count_t");
  EXPECT_EQ(ignored.map("@a"), "@a[int64]: int64");
}

TEST(SemaProbes, HaveALimit) {
  EXPECT_THAT(Script("config = { max_probes = 2 } kprobe:vfs_* { exit(); } begin { exit(); }").messages(),
              ElementsAre(HasSubstr("error: 3 probes are more than max_probes (2)")));
  EXPECT_THAT(Script("config = { max_bpf_progs = 1 } begin { exit(); } end { exit(); }").messages(),
              ElementsAre(HasSubstr("error: 2 BPF programs are more than max_bpf_progs (1)")));
}

TEST(SemaPrint, ShowsUnitsMapsAndEvents) {
  Script script("kprobe:vfs_read /pid > 1/ { @n[comm] = count(); printf(\"%d\\n\", pid); }");
  EXPECT_EQ(script.dump(), R"(program kprobe_1: kprobe:vfs_read
 kprobe:vfs_read
  pred
   > :: [bool]
    builtin: pid :: [uint32]
    int: 1 :: [int64]
  =
   map: @n :: [count_t]
    builtin: comm :: [string[16]]
   call: count :: [count_t]
  call: printf
   string: "%d\n" :: [string[4]]
   builtin: pid :: [uint32]
map @n[string[16]]: count_t, table(4096)
event 0: printf "%d\n", 16 bytes, uint32 at 8
)");
}

}  // namespace
}  // namespace sonde::testing
