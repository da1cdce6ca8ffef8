// C in scripts, from text to types: what the C phase is given, and what names mean afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "driver/compile.h"
#include "kernel/fake_kernel.h"
#include "lexer/c_parts.h"

namespace sonde::driver {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::string c_text(const std::string &script) {
  Sources sources;
  size_t file = sources.add("x.bt", script);
  return find_c_parts(sources, file).text(sources.file(file));
}

TEST(CParts, KeepTheirPlacesAndLoseTheRest) {
  EXPECT_EQ(c_text("BEGIN { x } struct a { int b; }; END { }\n#if 1\nkprobe:f { }"),
            "            struct a { int b; };        \n#if 1\n            ");
}

TEST(CParts, GetTheSemicolonThatScriptsLeaveOut) {
  EXPECT_EQ(c_text("struct a { int b; } BEGIN { }"), "struct a { int b; };         ");
  EXPECT_EQ(c_text("struct a { int b; }\nBEGIN { }"), "struct a { int b; };         ");
  EXPECT_EQ(c_text("struct a { int b; }"), "struct a { int b; };");
  EXPECT_EQ(c_text("typedef struct { int b; } a; END { }"), "typedef struct { int b; } a;        ");
}

TEST(CParts, KnowTheNamesThatTheScriptUses) {
  Sources sources;
  size_t file = sources.add("x.bt", "#define A B\nstruct s { int field; };\nBEGIN { $x = A; print((uint8)use); }");
  EXPECT_THAT(find_c_parts(sources, file).names, UnorderedElementsAre("define", "A", "B", "print", "use"));
}

// The script as -d types prints it, or what is wrong with it.
std::string types(const std::string &script) {
  Sources sources;
  size_t file = sources.add("x.bt", script);
  kernel::FakeKernel kernel;
  Diagnostics diagnostics;
  CompileOptions options;
  options.stages = {Stage::Types};
  Compilation result = compile(sources, file, kernel, options, diagnostics);
  return diagnostics.all().empty() ? result.stage_texts.at(0).second : diagnostics.format(sources);
}

TEST(CInScripts, ConstantsHaveTypesOfTheirValues) {
  std::string text = types("#define N 42\n#define TEXT \"abc\"\nenum e { RED = 7 };\n"
                           "BEGIN { @n = N; @t = TEXT; @r = RED; @known = 1 / (RED - 6); }");
  EXPECT_THAT(text, HasSubstr("builtin: N :: [int64]"));
  EXPECT_THAT(text, HasSubstr("map @t: string[4]"));
  EXPECT_THAT(text, HasSubstr("builtin: RED :: [enum e]"));
}

TEST(CInScripts, ConstantsAreKnownWhileTypesAreChecked) {
  EXPECT_THAT(types("#define ZERO 0\nBEGIN { @ = 1 / ZERO; }"), HasSubstr("x.bt:2:17-20: ERROR"));
}

TEST(CInScripts, StructsAreReadThroughPointersAndMeasured) {
  std::string text =
      types("struct node { int value; struct node *next; char name[12]; };\ntypedef short tiny;\n"
            "kprobe:vfs_read { $n = (struct node *)arg0; print($n->next->value); print($n.name);\n"
            "print((sizeof(struct node), sizeof(tiny), offsetof(struct node, name))); print((tiny)1); }");
  EXPECT_THAT(text, HasSubstr("-> value :: [int32]"));
  EXPECT_THAT(text, HasSubstr(". name :: [int8[12]]"));
  EXPECT_THAT(text, HasSubstr("(tiny) :: [int16]"));
}

TEST(CInScripts, TheScriptsOwnStructHidesTheKernels) {
  std::string text = types("struct task_struct { short mine; };\nBEGIN { print(((struct task_struct *)0)->mine); }");
  EXPECT_THAT(text, HasSubstr("-> mine :: [int16]"));
}

TEST(CInScripts, TheKernelKnowsWhatCOnlyNames) {
  std::string text = types("struct task_struct; struct holder { struct task_struct *task; };\n"
                           "BEGIN { print(((struct holder *)0)->task->pid); }");
  EXPECT_THAT(text, HasSubstr("-> pid :: [int32]"));
}

TEST(CInScripts, MacrosStandForPiecesOfTheScript) {
  std::string text =
      types("#define SLOW ($x > LIMIT)\n#define LIMIT (pid + 1)\nBEGIN { $x = 1; if SLOW { print(1); } }");
  EXPECT_THAT(text, HasSubstr("> :: [bool]"));
  EXPECT_THAT(text, HasSubstr("builtin: pid"));
}

TEST(CInScripts, AMacroIsNotExpandedInItself) {
  EXPECT_THAT(types("#define pid (pid + 1)\nBEGIN { print(pid); }"), HasSubstr("builtin: pid"));
}

TEST(CInScripts, AMacroWithoutTokensIsReportedWhereItIsUsed) {
  EXPECT_THAT(types("#define BAD `\nBEGIN { print(BAD); }"), HasSubstr("x.bt:2:15-17: ERROR: the macro 'BAD'"));
}

TEST(CInScripts, ErrorsOfCAndOfTheScriptAreReportedTogether) {
  std::string text = types("struct a { nothing b; };\nBEGIN { + }");
  EXPECT_THAT(text, HasSubstr("x.bt:1:12-18: ERROR"));
  EXPECT_THAT(text, HasSubstr("x.bt:2:9: ERROR"));
}

}  // namespace
}  // namespace sonde::driver
