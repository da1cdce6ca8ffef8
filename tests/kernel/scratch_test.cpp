// Large values: many of them, in loops, and in programs that interrupt one another on a CPU.
#include <fmt/format.h>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using ScratchTest = TracerTest;

// The interrupting program writes to scratch memory while the interrupted one still needs its own.
TEST_F(ScratchTest, programs_that_interrupt_others_have_memory_of_their_own) {
  std::string script = fmt::format(R"(
    uprobe:{}:traced_name {{
      $name = str(arg0, 200);
      for ($i : 0..2000) {{ @rounds = $i }}
      if ($name != "ada" && $name != "grace") {{ @torn[$name] = count() }}
      @names = count();
    }}
    profile:us:100 {{ $other = "a text that is too long for the stack of a program, as it is kept"; @ticks[$other] = count() }}
    )",
                                   program("traced"));
  Outcome outcome = run_script(script, {"-q", "-c", traced("name 10000")});
  EXPECT_THAT(outcome.text(), HasSubstr("@names: 10000")) << outcome;
  EXPECT_THAT(outcome.text(), HasSubstr("@ticks")) << outcome;
  EXPECT_THAT(outcome.text(), Not(HasSubstr("@torn"))) << outcome;
}

TEST_F(ScratchTest, processes_on_one_cpu_have_memory_of_their_own) {
  std::string script = fmt::format(R"(
    uprobe:{}:traced_name {{
      $name = str(arg0, 200);
      for ($i : 0..2000) {{ @rounds = $i }}
      if ($name != str(arg0, 200)) {{ @torn[$name] = count() }}
      @names = count();
    }}
    END {{ clear(@rounds) }})",
                                   program("traced"));
  std::string four = fmt::format("taskset 1 sh -c '{0} & {0} & {0} & {0}; wait'", traced("name 2000"));
  Outcome outcome = run_script(script, {"-q", "-c", "sh -c \"" + four + "\""});
  EXPECT_THAT(outcome.lines(), ElementsAre("@names: 8000")) << outcome;
}

TEST_F(ScratchTest, many_large_strings_in_one_program) {
  std::string script = "BEGIN {";
  for (int i = 0; i < 100; i++)
    script += fmt::format(R"( $s{0} = str($1); @s[{0}, $s{0}] = 1;)", i);
  for (int i = 0; i < 100; i++)
    script += fmt::format(R"( if ($s{} == str($1)) {{ @same++ }})", i);
  Outcome outcome = run_script(script + " clear(@s) }", {"-q", "text"});
  EXPECT_THAT(outcome.lines(), ElementsAre("@same: 100")) << outcome;
}

TEST_F(ScratchTest, strings_of_every_length_that_can_be_set) {
  for (const char *size : {"1024", "5000", "32000"}) {
    std::string script = fmt::format(
        R"(config = {{ max_strlen = {} }}
           uprobe:{}:traced_name {{ $a = str(arg0); $b = str(arg0); if ($a == $b) {{ @same = ($a, $b) }} }})",
        size, program("traced"));
    Outcome outcome = run_script(script, {"-q", "-c", traced("name 2")});
    EXPECT_THAT(outcome.lines(), ElementsAre("@same: (grace, grace)")) << size << outcome;
  }
}

TEST_F(ScratchTest, large_values_and_variables_from_around_it_in_the_body_of_a_loop) {
  if (run_script("BEGIN { @m[1] = 1; for ($kv : @m) { } $n = 2; while ($n > 1) { $n-- } }").status != 0)
    GTEST_SKIP() << "this kernel has no such loops";
  Outcome outcome = run_script(
      R"(BEGIN {
           @m[1, "one"] = 10; @m[2, "two"] = 20;
           let $last : string[100];
           $sum = 0; $n = 0;
           for ($kv : @m) {
             $text = $kv.0.1;
             for ($i : 0..$kv.0.0) { $sum += $i + $kv.1; $last = $text; }
             $n++;
           }
           @seen[$last] = ($sum, $n);
           let $i = 0;
           while ($i < $n) { $j = 0; while ($j < $n) { $j++; @rounds++ } $i++ }
         }
         END { clear(@m) })",
      {"-q"});
  EXPECT_THAT(outcome.lines(), ::testing::AnyOf(ElementsAre("@rounds: 4", "@seen[two]: (51, 2)"),
                                                ElementsAre("@rounds: 4", "@seen[one]: (51, 2)")))
      << outcome;
}

}  // namespace
}  // namespace sonde::test
