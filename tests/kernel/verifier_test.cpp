// Scripts that the kernel's verifier once refused, though there is nothing wrong with them.
#include <fmt/format.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

using VerifierTest = TracerTest;

// Of one run; 6 on an idle machine.
constexpr double kManyInstructionsSeconds = 180;

TEST_F(VerifierTest, more_variables_at_a_time_than_the_stack_holds) {
  std::string script = "BEGIN { $n = 0; while ($n < 3) { $n++ }";
  for (int i = 0; i < 120; i++)
    script += fmt::format(" $v{} = rand % 1 + {};", i, i);
  script += " @sum = $n";
  for (int i = 0; i < 120; i++)
    script += fmt::format(" + $v{}", i);
  Outcome outcome = run_script(script + " }", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre("@sum: 7143")) << outcome;
}

// A loop of many rounds is a function of its own: the verifier adds up what both have on the stack.
TEST_F(VerifierTest, more_variables_than_the_stack_holds_for_a_program_and_its_loop) {
  std::string script = "BEGIN { $n = 0; $sum = 0;", sum = "@sum = $sum";
  std::string inside, inside_sum = "$sum = $n";
  for (int i = 0; i < 36; i++) {
    script += fmt::format(" $v{} = rand % 1 + {};", i, i);
    sum += fmt::format(" + $v{}", i);
    inside += fmt::format(" $w{} = rand % 1 + {};", i, i);
    inside_sum += fmt::format(" + $w{}", i);
  }
  script += " while ($n < 300) { $n++;" + inside + " if (rand % 1 == 1) { print($w1) } " + inside_sum + " } " + sum;
  Outcome outcome = run_script(script + " }", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre(fmt::format("@sum: {}", 300 + 2 * 35 * 36 / 2))) << outcome;
}

TEST_F(VerifierTest, more_loops_after_each_other_than_the_stack_has_words_for) {
  std::string script = "BEGIN { $n = 0; $sum = 0;";
  for (int i = 0; i < 20; i++)
    script +=
        " $n = 0; while ($n < 300) { $n++; $sum += $n % 2; if ($sum > 1000000 || $n > 1000000 || $sum < 0) { break } }";
  Outcome outcome = run_script(script + " @sum = $sum }", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre("@sum: 3000")) << outcome;
}

TEST_F(VerifierTest, slots_of_histograms_that_follow_from_narrow_numbers) {
  Outcome outcome = run_script(
      R"(BEGIN { @i = (uint32)(1 << 24); @l = lhist(bswap((uint32)@i) % 31, 0, 100, 50); @h = hist((int8)@i);
                 @n = 1; print(@n) } END { clear(@l); clear(@h); clear(@i); clear(@n) })",
      {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre("@n: 1")) << outcome;
}

// Past the end is the last element, whoever computes the index: here LLVM does.
TEST_F(VerifierTest, indices_past_the_end_that_are_known_late) {
  Outcome outcome =
      run_script("BEGIN { $b = (uint8[8])(uint64)0x0102030405060708; print($b[bswap((uint64)224)]); exit() }", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre("1")) << outcome;
}

std::string statements(int count, const char *format) {
  std::string script;
  for (int i = 0; i < count; ++i)
    script += fmt::format(fmt::runtime(format), i);
  return script;
}

// BPF's branches reach 32,767 instructions.
TEST_F(VerifierTest, bodies_of_two_thousand_statements) {
  if (!kernel_is_at_least(6, 1))
    GTEST_SKIP() << "the verifier of 5.10 gives up on so many branches one after the other";
  std::string script = "BEGIN { " + statements(2000, "printf(\"{} %s %d\\n\", comm, $1); ") + "exit() }";
  Outcome outcome = Sonde({"-q", "-e", script, "7"}).seconds(kManyInstructionsSeconds).run();
  std::vector<std::string> lines = outcome.lines();
  ASSERT_EQ(lines.size(), 2000u) << outcome.err;
  EXPECT_THAT(lines.front(), MatchesRegex("0 .* 7"));
  EXPECT_THAT(lines.back(), MatchesRegex("1999 .* 7"));
}

TEST_F(VerifierTest, parts_of_long_bodies_share_variables_and_end_the_program) {
  std::string script = R"(BEGIN { $i = 0; $sum = 0; $s = "first"; $t = (1, "a"); )" +
                       statements(300, "$sum += {}; if ($sum == -1) {{ return }} ") +
                       "while ($i < 10) { $i++; $sum += 1; } " +
                       statements(300, "$sum += 1; $s = \"s{0}\"; $t = ({0}, \"b\"); ") +
                       R"(if ($sum > 5) { printf("%d %s %d %s %d\n", $sum, $s, $t.0, $t.1, $i); exit() } )" +
                       statements(300, "@never = {}; ") + "}";
  EXPECT_THAT(run_script(script, {"-q"}).lines(), ElementsAre("45160 s299 299 b 10"));
}

TEST_F(VerifierTest, parts_of_long_branches_hold_loops_of_all_kinds) {
  if (!kernel_is_at_least(5, 13))
    GTEST_SKIP() << "this kernel has no loops over maps";
  std::string script =
      "BEGIN { $x = 7; if ($x > 0) { " + statements(300, "if ($x == 7) {{ @a[{0} % 5] = $x + {0}; }} ") +
      "for ($j : 0..3) { if ($j == 2) { break } @rounds = $j; } "
      "for ($kv : @a) { @sum += $kv.1; } if ($x > 3) { " +
      statements(300, "$x += 1; @b[{} % 2] = $x; ") + "return } @no = 1; } @no = 2; } END { clear(@a) }";
  EXPECT_THAT(run_script(script, {"-q"}).lines(), ElementsAre("@b[0]: 306", "@b[1]: 307", "@rounds: 1", "@sum: 1520"));
}

// Seed 1416 of the random programs: the ends of both branches were one load, from a task or from a map.
TEST_F(VerifierTest, a_name_of_the_task_or_a_string_of_the_script) {
  std::string script = R"(BEGIN { @i2 = (int32)51; @i3 = (int64)5; @i4 = (uint8)3; @i7 = (uint64)2;
    @s0 = "a longer text than the others, by far"; @s1 = "abc"; @s2 = "abcdefg"; @s3 = "abcdefg"; $s0 = @s0;
    $record = (size=1, text=$s0); if ($record == (size=1, text="a")) { } }
    profile:hz:99 /pid == 1/ { $i2 = @i2; $i4 = @i4; $i7 = @i7; $s0 = @s0; $s1 = @s1; $s2 = @s2; $s3 = @s3;
      @h[("abc" == $s1 ? $s2 : comm)] = hist(strlen($s3));
      for ($f1 : 0..11) { { $w4 = 0; while ($w4 < 8) { $w4++; if ($s0 != $s3) { } } }
        @record[(name=str((uint64)(($i2 << $i7) ^ ($i2 <= 19))), id=(135, (@i3 % 32)).1)] = (text=$s2, size=$i4); } })";
  EXPECT_EQ(Sonde({"--dry-run", "--no-warnings", "-e", script}).run().status, 0);
}

TEST_F(VerifierTest, loops_in_loops_with_branches) {
  std::string script =
      "BEGIN { @a = 3; $a = @a; @text = \"text\"; $text = @text; $i = 0; while ($i < 6) { $i++; $j = 0; "
      "while ($j < 7) { $j++; if ($text == \"other\") { continue } if ($a > $j || comm == $text) { @n++ } ";
  for (int i = 0; i < 10; i++)
    script += fmt::format("@h[{} + ($a > {} ? $i : $j)] = hist($a * $i); ", i, i);
  Outcome outcome = run_script(script + "} } clear(@h); }", {"-q"});
  EXPECT_THAT(outcome.lines(), ElementsAre("@a: 3", "@n: 12", "@text: text")) << outcome;
}

// Twelve searches of tables, which the verifier has to follow for each of the values that $a may have there.
TEST_F(VerifierTest, programs_that_are_too_large_with_tables_go_without) {
  if (!kernel_is_at_least(5, 12))
    GTEST_SKIP() << "this kernel's programs have no tables";
  std::string script = "BEGIN { $r = rand; $a = 0; ";
  for (int i = 0, power = 1; i < 7; ++i, power *= 3)
    script += fmt::format("if (($r >> {}) % 3 == 1) {{ $a += {} }} ", 4 * i, power);
  for (int i = 0; i < 12; ++i)
    script += fmt::format("@n{0}[{0}] = count(); ", i);
  script += R"(if ($a == 2) { printf("no sum of those powers") } exit() })";
  // The kernel gives up after a million instructions, twice: for the reason it is asked once more.
  Outcome outcome = Sonde({"-q", "-v", "-e", script}).seconds(kManyInstructionsSeconds).run();
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.lines().size(), 12u) << outcome;
  EXPECT_THAT(outcome.lines(), Contains("@n11[11]: 1")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("compiled again without tables")) << outcome;
}

}  // namespace
}  // namespace sonde::test
