// How maps look when a run ends: scripts' users parse this, so it is compared to the byte with what
// bpftrace 0.27 prints.
#include "harness.h"

namespace sonde::test {
namespace {

using MapsTest = TracerTest;

// "%s" would be enough here, but a bar of 52 @ in a test is easier to get wrong than to count.
std::string full_bar() { return "|" + std::string(52, '@') + "|\n"; }
std::string empty_bar() { return "|" + std::string(52, ' ') + "|\n"; }

TEST_F(MapsTest, scalar_and_keyed_maps_in_order_of_name_and_value) {
  Outcome outcome = run_script(R"(BEGIN { @x = 5; @y["a"] = 1; @y["b"] = 0; @z[1, "b"] = 2; @s = "text" })", {"-q"});
  EXPECT_EQ(outcome.out, "\n\n@s: text\n@x: 5\n@y[b]: 0\n@y[a]: 1\n@z[1, b]: 2\n") << outcome;
}

TEST_F(MapsTest, unnamed_map) {
  Outcome outcome = run_script(R"(BEGIN { @[7] = 3; })", {"-q"});
  EXPECT_EQ(outcome.out, "\n\n@[7]: 3\n") << outcome;
}

TEST_F(MapsTest, aggregations) {
  Outcome outcome = run_script(
      R"(BEGIN { @c = count(); @c = count(); @sum = sum(5); @sum = sum(-7); @min = min(-3); @min = min(4);
                 @max = max(7); @max = max(2); @avg = avg(10); @avg = avg(20); @stats = stats(4); @stats = stats(8) })",
      {"-q"});
  EXPECT_THAT(outcome.lines(), ::testing::ElementsAre("@avg: 15", "@c: 2", "@max: 7", "@min: -3",
                                                      "@stats: { .count = 2, .average = 6, .total = 12 }", "@sum: -2"))
      << outcome;
}

TEST_F(MapsTest, histogram) {
  Outcome outcome = run_script(R"(BEGIN { @h = hist(0); @h = hist(5); @h = hist(-1); @h = hist(1025) })", {"-q"});
  std::string expected = "\n\n@h:\n(..., 0)               1 " + full_bar() + "[0]                    1 " + full_bar() +
                         "[1]                    0 " + empty_bar() + "[2, 4)                 0 " + empty_bar() +
                         "[4, 8)                 1 " + full_bar() + "[8, 16)                0 " + empty_bar() +
                         "[16, 32)               0 " + empty_bar() + "[32, 64)               0 " + empty_bar() +
                         "[64, 128)              0 " + empty_bar() + "[128, 256)             0 " + empty_bar() +
                         "[256, 512)             0 " + empty_bar() + "[512, 1K)              0 " + empty_bar() +
                         "[1K, 2K)               1 " + full_bar() + "\n";
  EXPECT_EQ(outcome.out, expected) << outcome;
}

TEST_F(MapsTest, keyed_histogram) {
  Outcome outcome = run_script(R"(BEGIN { @k[1] = hist(3) })", {"-q"});
  EXPECT_EQ(outcome.out, "\n\n@k[1]:\n[2, 4)                 1 " + full_bar() + "\n") << outcome;
}

TEST_F(MapsTest, linear_histogram) {
  Outcome outcome =
      run_script(R"(BEGIN { @l = lhist(5, 0, 20, 5); @l = lhist(-1, 0, 20, 5); @l = lhist(100, 0, 20, 5) })", {"-q"});
  std::string expected = "\n\n@l:\n(..., 0)               1 " + full_bar() + "[0, 5)                 0 " + empty_bar() +
                         "[5, 10)                1 " + full_bar() + "[10, 15)               0 " + empty_bar() +
                         "[15, 20)               0 " + empty_bar() + "[20, ...)              1 " + full_bar() + "\n";
  EXPECT_EQ(outcome.out, expected) << outcome;
}

// One interval that began in 1970 and lasts: the clock cannot come between.
TEST_F(MapsTest, time_series) {
  auto value = [](const std::string &arguments) {
    std::string interval = "9000000000000000000";
    std::string script = "BEGIN { for ($i : 0..5) { @ = tseries(7 - $i * $i, " + interval + ", 3" + arguments + ") } }";
    Outcome outcome = Sonde({"-q", "-e", script}).environment("TZ", "UTC0").run();
    const std::string row = "\n00:00:00.000000000 |                         *                         | ";
    size_t found = outcome.out.find(row);
    EXPECT_TRUE(found != std::string::npos && outcome.out.starts_with("\n\n@:\n")) << outcome;
    return outcome.out.substr(found + row.size(), outcome.out.find('\n', found + 1) - found - row.size());
  };
  EXPECT_EQ(value(""), "-9");
  EXPECT_EQ(value(", \"sum\""), "5");
  EXPECT_EQ(value(", \"avg\""), "1");
  EXPECT_EQ(value(", \"min\""), "-9");
  EXPECT_EQ(value(", \"max\""), "7");
}

TEST_F(MapsTest, time_series_move_on_and_are_printed_by_key_and_cleared) {
  Outcome outcome = run_script(R"(interval:ms:100 { @[1] = tseries(1, 100ms, 4); @n++ } interval:ms:1500 {
                                    print(@[1]); zero(@); print(@); clear(@); clear(@n); exit() })",
                               {"-q"});
  std::vector<std::string> lines = outcome.lines();
  ASSERT_GE(lines.size(), 7u) << outcome;
  EXPECT_THAT(lines[1], ::testing::StartsWith("hh:mm:ss."));
  EXPECT_LE(lines.size(), 10u + 1) << "four intervals at most";
  EXPECT_EQ(lines[lines.size() - 2], "@[1]:");
  EXPECT_EQ(lines.back(), "<no data>");
}

// Nothing of what scripts count is left out, however large.
TEST_F(MapsTest, histograms_count_the_largest_numbers) {
  Outcome outcome = run_script("BEGIN { @h = hist((uint64)-1); @k = hist((uint64)-1, 3); @h = hist(1 << 62) }", {"-q"});
  EXPECT_EQ(outcome.lines()[1], "[4E, ...)              2 " + full_bar().substr(0, 54)) << outcome;
  EXPECT_THAT(outcome.lines().back(), ::testing::HasSubstr(" 1 |@@@")) << outcome;
}

TEST_F(MapsTest, print_of_a_whole_map_during_the_run) {
  // The interval gives the reader time before the map is cleared.
  Outcome outcome = run_script(
      R"(BEGIN { @m[1] = 10; @m[2] = 20; print(@m); print(@m, 1) } interval:ms:300 { clear(@m); exit() })", {"-q"});
  EXPECT_EQ(outcome.text(), "@m[1]: 10\n@m[2]: 20\n@m[2]: 20") << outcome;
}

TEST_F(MapsTest, zero_keeps_keys) {
  Outcome outcome = run_script(R"(BEGIN { @m["a"] = 10; @c["k"] = count(); zero(@m); zero(@c) })", {"-q"});
  EXPECT_THAT(outcome.lines(), ::testing::ElementsAre("@c[k]: 0", "@m[a]: 0")) << outcome;
}

TEST_F(MapsTest, scalars_that_were_assigned_zero_are_printed) {
  Outcome outcome = run_script(
      R"(BEGIN { @x = 0; @t = (0, 0); @s = sum(0); @text = ""; @min = min(0); @avg = avg(0); @n++; @n--;
                 if (@x) { @never = 1; @c = count(); @h = hist(1) } })",
      {"-q"});
  EXPECT_EQ(outcome.out, "\n\n@avg: 0\n@min: 0\n@n: 0\n@s: 0\n@t: (0, 0)\n@text: \n@x: 0\n") << outcome;
}

TEST_F(MapsTest, zeroed_scalars_are_printed_and_cleared_or_deleted_ones_are_not) {
  Outcome outcome = run_script(
      R"(BEGIN { @c = count(); @h = hist(3); @m = min(3); @x = 5; zero(@c); zero(@h); zero(@m); zero(@x);
                 @d = 5; @e = 5; @f = count(); delete(@d); clear(@e); clear(@f); @never = 1; clear(@never); zero(@never) })",
      {"-q"});
  EXPECT_EQ(outcome.out, "\n\n@c: 0\n@h:\n\n@m: 0\n@x: 0\n") << outcome;
}

TEST_F(MapsTest, print_shows_scalars_that_are_not_there_as_zero_but_no_histogram) {
  Outcome outcome = run_script(
      R"(BEGIN { if (@x) { @x = 1; @t = (1, 1); @s = stats(1); @h = hist(1) } print(@x); print(@t); print(@s); print(@h) })",
      {"-q"});
  EXPECT_EQ(outcome.out, "@x: 0\n@t: (0, 0)\n@s: { .count = 0, .average = 0, .total = 0 }\n\n\n") << outcome;
}

TEST_F(MapsTest, cleared_maps_are_not_printed) {
  Outcome outcome = run_script(R"(BEGIN { @m["a"] = 10; clear(@m); @left = 1 })", {"-q"});
  EXPECT_EQ(outcome.text(), "@left: 1") << outcome;
}

// ---- Tables: what is only counted in programs find by themselves ----

TEST_F(MapsTest, tables_of_keys_of_every_size) {
  Outcome outcome = run_script("config = { max_strlen = 256 } uprobe:" + program("traced") + R"(:traced_add {
             @int[arg0 % 3] = count();
             @pair[arg0 % 2, comm] = sum(arg0);
             @text[str("a text", 3)] = max(arg0);
             @long[arg0 % 2 == 0 ? "even" : "odd", comm, "more than 64 bytes with what comes before", arg0 % 2] = avg(arg0);
             @byte[(uint8)(arg0 % 2)] = min(arg0);
             @hist[arg0 % 2 == 0] = lhist(arg0, 0, 300, 100);
           })",
                               {"-q", "-c", traced("add 300")});
  EXPECT_THAT(
      outcome.lines(),
      ::testing::IsSupersetOf({"@byte[0]: 0", "@byte[1]: 1", "@int[0]: 100", "@int[1]: 100", "@int[2]: 100",
                               "@long[even, traced, more than 64 bytes with what comes before, 0]: 149",
                               "@long[odd, traced, more than 64 bytes with what comes before, 1]: 150",
                               "@pair[0, traced]: 22350", "@pair[1, traced]: 22500", "@text[a ]: 299", "@hist[true]:"}))
      << outcome;
}

TEST_F(MapsTest, tables_that_are_cleared_begin_anew) {
  Outcome outcome = run_script(
      R"(config = { max_map_keys = 3 }
         BEGIN { @c[1] = count(); @c[1] = count(); @c[2] = count(); @h["k"] = hist(5); print(@c); clear(@c); clear(@h); }
         interval:ms:50 { @n++; if (@n == 1) {
           @c[1] = count(); @c[3] = count(); @c[4] = count(); @h["k"] = hist(5); print(@c); zero(@c); print(@c); clear(@c) }
           if (@n == 2) { @c[5] = count(); exit() } }
         END { print(@c); print(@h); clear(@n); clear(@c); clear(@h) })",
      {"-q"});
  EXPECT_THAT(outcome.lines(), ::testing::ElementsAre("@c[2]: 1", "@c[1]: 2", "@c[1]: 1", "@c[3]: 1", "@c[4]: 1",
                                                      "@c[1]: 0", "@c[3]: 0", "@c[4]: 0", "@c[5]: 1",
                                                      "@h[k]:", "[4, 8)                 1 " + full_bar().substr(0, 54)))
      << outcome;
}

// As many keys as there is room for, from threads on every CPU at once: each is there once, and nothing is lost.
TEST_F(MapsTest, tables_count_every_event_of_every_cpu) {
  Outcome outcome = run_script("config = { max_map_keys = 1000 } uprobe:" + program("traced") +
                                   R"(:traced_add { @[arg0 % 1000] = count(); @all = count();
                                      @few[arg0 % 2, arg0 % 3, "text"] = count() })",
                               {"-q", "-c", traced("crowd 2000")});
  std::map<std::string, long> sums;
  size_t keys = 0;
  for (const std::string &line : outcome.lines()) {
    size_t colon = line.find(": ");
    if (colon == std::string::npos)
      continue;
    sums[line.substr(0, std::min(line.find('['), colon))] += std::stol(line.substr(colon + 2));
    keys += line.starts_with("@[");
  }
  EXPECT_EQ(sums["@all"], 8000) << outcome;
  EXPECT_EQ(sums["@"], sums["@all"]) << outcome;
  EXPECT_EQ(sums["@few"], sums["@all"]) << outcome;
  EXPECT_EQ(keys, 1000u) << outcome;
}

// Threads that take turns on one CPU interrupt each other's programs where the kernel lets them: each program still
// has the key that it made and the sum that it read.
TEST_F(MapsTest, programs_of_threads_that_interrupt_each_other_stay_apart) {
  Outcome outcome =
      run_script("config = { on_stack_limit = 64 } let @declared = percpuhash(64); uprobe:" + program("traced") +
                     R"(:traced_add { @all = count(); @sum = sum(2); @h[tid] = hist(1);
                                      @declared[tid, rand & 0, rand & 0, rand & 0, rand & 0, pid == cpid] = count();
                                      @own[tid] = count() })",
                 {"-q", "-c", "taskset -c 0 " + traced("crowd 20000")});
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("@all: 80000\n")) << outcome;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("@sum: 160000\n")) << outcome;
  size_t exact = 0;
  for (const std::string &line : outcome.lines()) {
    exact += line.starts_with("@own[") && line.ends_with("]: 20000");
    exact += line.starts_with("@declared[") && line.ends_with(", true]: 20000");
    exact += line.starts_with("[1]") && line.find(" 20000 ") != std::string::npos;
  }
  EXPECT_EQ(exact, 12u) << outcome;
}

// What takes several instructions: a program whose write another took back sees a lower maximum than its own value.
TEST_F(MapsTest, extremes_and_series_of_threads_that_interrupt_each_other_stay_whole) {
  if (!kernel_is_at_least(5, 19))
    GTEST_SKIP() << "programs of this kernel cannot read what other CPUs have";
  Outcome outcome = run_script("uprobe:" + program("traced") + R"(:traced_add {
                                 @most = max(arg0); @lost += (uint64)@most < arg0;
                                 @least = min(-(int64)arg0); @lost += @least > -(int64)arg0;
                                 @sum = tseries(1, 10000d, 2, "sum") })",
                               {"-q", "-c", "taskset -c 0 " + traced("crowd 20000")});
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("@lost: 0\n")) << outcome;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("@most: 19999\n")) << outcome;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("@least: -19999\n")) << outcome;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("80000")) << outcome;
}

// ---- Maps by thread: each finds its entry in a slot ----

TEST_F(MapsTest, entries_of_threads_are_set_read_and_deleted) {
  Outcome outcome = run_script(R"(BEGIN {
      @s[tid] = 5; @s[tid]++; @s[tid] += 2; @t[tid] = comm; @t[tid] = "other"; @p[tid] = (1, "two");
      printf("%d %s %d %d\n", @s[tid], @t[tid], @p[tid].0, has_key(@s, tid));
      $was = delete(@s, tid); $is = delete(@s[tid]);
      printf("%d %d %d %d\n", $was, $is, @s[tid], has_key(@s, tid));
      @s[tid]++; print(@s[tid]); @z[tid] = 4; zero(@z); @c[tid] = 1; clear(@c);
    } END { @e = @s[tid] })",
                               {"-q"});
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("8 other 1 1\n1 0 0 0\n1\n\n\n@e: 1\n@p\\[[0-9]+\\]: \\(1, two\\)\n"
                                                   "@s\\[[0-9]+\\]: 1\n@t\\[[0-9]+\\]: other\n@z\\[[0-9]+\\]: 0\n"))
      << outcome;
}

// 1024 keys have 2048 slots. The second of two threads that share one has its entry in the hash.
TEST_F(MapsTest, a_taken_slot_costs_no_entry) {
  Outcome outcome = run_script("config = { max_map_keys = 1024 } uprobe:" + program("traced") + R"(:traced_add {
                                 if (arg0 == 0) { @s[tid] = arg1 }
                                 else if (arg0 == 1) { printf("%d %d\n", @s[tid], has_key(@s, tid)) }
                                 else { printf("deleted: %d\n", delete(@s, tid)) } })",
                               {"-q", "-c", traced("twin 2048")});
  EXPECT_THAT(outcome.out,
              ::testing::MatchesRegex("20 1\n21 1\ndeleted: 1\n0 0\n10 1\ndeleted: 1\n0 0\n\n\n@s\\[[0-9]+\\]: 30\n"))
      << outcome;
}

TEST_F(MapsTest, threads_on_every_cpu_use_their_slots) {
  Outcome outcome = run_script("uprobe:" + program("traced") + R"(:traced_add { @s[tid] = arg0 }
                               uretprobe:)" +
                                   program("traced") + R"(:traced_add /has_key(@s, tid)/ {
                                 @sum = sum(@s[tid]); @n = count(); delete(@s, tid) })",
                               {"-q", "-c", traced("crowd 1000")});
  EXPECT_EQ(outcome.out, "\n\n@n: 4000\n@sum: 1998000\n") << outcome;
}

}  // namespace
}  // namespace sonde::test
