// What scripts print that need nothing but a BEGIN probe. Expected texts are those of bpftrace 0.27.
#include "language_case.h"

namespace sonde::test {
namespace {

const LanguageCase kCases[] = {
    {"hello", R"(BEGIN { printf("hello %d\n", 42); exit() })", "hello 42"},
    {"lower_case_probe_names", R"(begin { printf("b\n"); exit() } end { printf("e\n") })", "b\ne"},
    {"begin_and_end_alone_end_by_themselves", R"(BEGIN { printf("b\n") } END { printf("e\n") })", "b\ne"},
    {"exit_leaves_the_probe", R"(BEGIN { printf("1\n"); exit(); printf("2\n") })", "1"},
    {"several_begin_probes_run_in_order", R"(BEGIN { printf("1\n") } BEGIN { printf("2\n"); exit() })", "1\n2"},
    {"variables_used_behind_their_block",
     R"(BEGIN { if (pid) { $s = "yes" } else { $s = "no" } for ($i : 0..3) { $last = $i } if (!pid) { $q = "q" }
        printf("%s %d <%s>\n", $s, $last, $q); $q = "set"; print($q) })",
     "yes 2 <>\nset"},

    {"characters_of_strings",
     R"(BEGIN { $s = "abc"; $i = 2; printf("%c%c %d %d\n", $s[0], $s[$i], "/"[0] == 47, $s[3]) })", "ac 1 0"},
    {"decimal_widths", R"(BEGIN { printf("%5d|%-5d|%05d|%+d|%u\n", 42, 42, 42, 5, 7) })", "   42|42   |00042|+5|7"},
    {"hexadecimal_and_octal", R"(BEGIN { printf("%x|%X|%#x|%o|%p|%p\n", 255, 255, 255, 8, 4096, 0) })",
     "ff|FF|0xff|10|0x1000|0"},
    {"length_modifiers",
     R"(BEGIN { printf("%hhd|%hd|%ld|%lld|%llu|%lx\n", 300, 70000, 7, -1, 18446744073709551615, 255) })",
     "44|4464|7|-1|18446744073709551615|ff"},
    {"characters_and_percent", R"(BEGIN { printf("%c%c %d%%\n", 72, 105, 50) })", "Hi 50%"},
    {"string_widths", R"(BEGIN { printf("%s|%6s|%-6s|\n", "abc", "abc", "abc") })", "abc|   abc|abc   |"},
    {"escapes", R"(BEGIN { printf("%s\n", "tab\there\x41\101\"q\"\\") })", "tab\thereAA\"q\"\\"},

    {"literals", R"(BEGIN { printf("%d %d %d %d %d\n", 0x10, 1e3, 0777, 1_000, 10ms) })", "16 1000 511 1000 10000000"},
    {"strings_of_one_word", R"(BEGIN { @s = "abcdefgh"; @t = (1, "abcdefgh"); if (@s == @t.1) { printf("same\n") }
      @s = "abcdefgi"; if (@s == @t.1) { printf("not the last word\n") } clear(@s); clear(@t) })",
     "same"},
    {"division_truncates_to_zero", R"(BEGIN { $a = -7; $b = 7; printf("%d %d %d\n", $a / 2, $b / 2, $b % 4) })",
     "-3 3 3"},
    {"shifts", R"(BEGIN { $one = 1; $minus = -16; printf("%d %d\n", $one << 10, $minus >> 2) })", "1024 -4"},
    {"bit_operations", R"(BEGIN { $a = 5; $b = 3; printf("%d %d %d %d\n", $a & $b, $a | $b, $a ^ $b, ~(int64)$a) })",
     "1 7 6 -6"},
    {"casts_cut_and_extend", R"(BEGIN { $n = 300; $m = 200; $k = 70000;
        printf("%d %d %d %u\n", (uint8)$n, (int8)$m, (int16)$k, (uint32)-1) })",
     "44 -56 4464 4294967295"},
    {"comparisons",
     R"(BEGIN { $a = -1; $b = 1; printf("%d%d%d%d%d%d\n", $a < $b, $a > $b, $a <= $a, $a >= $b, $a == $a, $a != $a) })",
     "101010"},
    {"logic", R"(BEGIN { $t = 5; $f = 0; printf("%d%d%d%d\n", $t && $f, $t || $f, !$t, !$f) })", "0101"},
    {"logic_stops_early", R"(BEGIN { $f = 0; $n = 0; if ($f && $n++) { } if (!$f || $n++) { } printf("%d\n", $n) })",
     "0"},
    {"precedence", R"(BEGIN { $x = 2; printf("%d %d %d\n", 1 + $x * 3, (1 + $x) * 3, 1 << $x + 1) })", "7 9 8"},
    {"ternary", R"(BEGIN { $x = 3; printf("%s %s\n", $x > 2 ? "big" : "small", $x > 5 ? "big" : "small") })",
     "big small"},
    {"if_else_chain",
     R"(BEGIN { $x = 2; if ($x == 1) { printf("one\n") } else if ($x == 2) { printf("two\n") } else { printf("more\n") } })",
     "two"},
    {"increments",
     R"(BEGIN { $i = 0; $j = $i++; $k = ++$i; $l = $i--; $m = --$i; printf("%d %d %d %d %d\n", $i, $j, $k, $l, $m) })",
     "0 0 2 2 0"},
    {"assignment_operators",
     R"(BEGIN { $x = 5; $x += 2; $x *= 3; $x -= 1; $x <<= 2; $x |= 1; $x &= 0xfd; $x ^= 8; $x >>= 1; printf("%d\n", $x) })",
     "44"},
    {"comments", "/* one\n two */ BEGIN { // three\n printf(\"x\\n\") /* four */ }", "x"},

    {"strings_compare", R"(BEGIN { $s = "abc"; printf("%d%d%d\n", $s == "abc", $s == "abd", $s != "ab") })", "101"},
    {"comm_is_the_tracer", R"(BEGIN { printf("%d\n", comm == "no such name") })", "0"},
    {"elapsed_and_time_go_forward",
     R"(BEGIN { $a = nsecs; $b = nsecs; printf("%d%d\n", $b >= $a, elapsed < 1000000000000) })", "11"},
    {"print_values", R"(BEGIN { print(5); print("x"); print((1, "a")) })", "5\nx\n(1, a)"},

    {"a_missing_key_reads_zero", R"(BEGIN { printf("%d\n", @nothing[1]); @nothing[2] = 1; clear(@nothing) })", "0"},
    {"map_arithmetic", R"(BEGIN { @a++; @a++; @a += 5; printf("%d\n", @a); clear(@a) })", "7"},
    {"has_key_and_delete", R"(BEGIN { @m[1] = 10; @m[2] = 20; printf("%d%d ", has_key(@m, 1), has_key(@m, 3));
        delete(@m, 1); delete(@m[2]); printf("%d%d\n", has_key(@m, 1), has_key(@m, 2)); })",
     "10 00"},
    {"maps_of_strings",
     R"(BEGIN { @name = "ada"; @by["x"] = "grace"; printf("%s %s\n", @name, @by["x"]); clear(@name); clear(@by) })",
     "ada grace"},
    {"arrays_without_an_end", R"(struct name { char first; char rest[]; };
        BEGIN { $name = (struct name *)curtask->comm; $s = comm; $i = 1;
        printf("%d%d%d\n", $name->rest[0] == $s[1], $name->rest[$i] == $s[2], $name.rest[3] == $s[4]) })",
     "111"},
    {"arrays_are_addresses", R"(struct pair { char c[2]; }; struct name { char first; struct pair pairs[2]; };
        BEGIN { $name = (struct name *)curtask->comm; $pair = (struct pair *)$name->pairs; $s = comm;
        printf("%d%d\n", (int8 *)$pair->c == &curtask->comm[1], $pair[1].c[0] == $s[3]) })",
     "11"},
    {"addresses_in_arrays_and_structs", R"(struct words { unsigned short w[2]; }; struct bytes { struct words in; };
        BEGIN { $words = (struct words *)curtask->comm; $bytes = (struct bytes *)curtask->comm;
        $n = *(uint32 *)curtask->comm; @shown[ntop($words->w)] = 1; @shown[ntop(2, $bytes->in)] = 1; @shown[ntop($n)] = 1;
        print(len(@shown)); clear(@shown) })",
     "1"},
    {"maps_that_depend_on_themselves",
     R"(BEGIN { @bits[1] = @bits[1] | 2; @bits[1] = @bits[1] | 4; $n = 7; @most = $n > @most ? $n : @most;
        printf("%d %d\n", @bits[1], @most); clear(@bits); clear(@most) })",
     "6 7"},
    {"unroll_of_a_long_body",
     R"(BEGIN { $n = 0; unroll (60) { unroll (60) { if ($n % 2 == 0) { @even[$n % 8] = $n } else { @odd[$n % 8] = $n } $n++ } }
        printf("%d %d %d %d\n", $n, len(@even), len(@odd), @odd[7]); clear(@even); clear(@odd) })",
     "3600 4 4 3599"},
    {"sizes_of_literals",
     R"(BEGIN { $a = 1; $b = 200; $c = 255; $c++; $d = 5; $d = pid; $t = (1, (300, "x")); @m = 5; @k[1] = -300;
        printf("%d %d %d %d %d %d %d %d\n", sizeof($a), sizeof($b), sizeof($c), sizeof($d), sizeof($t), sizeof(@m),
               sizeof(@k[1]), $c);
        print((typeinfo($a).full_type, typeinfo($d).full_type, typeinfo($t).full_type)); clear(@m); clear(@k) })",
     "1 2 8 4 6 1 2 256\n(int8, uint32, (int8,(int16,string[2])))"},
    {"print_one_entry", R"(BEGIN { @m[1, "a"] = 10; print(@m[1, "a"]); clear(@m) })", "10"},
};

TEST_P(LanguageTest, prints) {
  Outcome outcome = run_script(GetParam().script, {"-q"});
  if (std::string why = newer_kernel_needed(outcome); !why.empty())
    GTEST_SKIP() << why;
  EXPECT_EQ(outcome.text(), GetParam().expected) << outcome;
  EXPECT_EQ(outcome.status, 0);
}

INSTANTIATE_TEST_SUITE_P(slice, LanguageTest, ::testing::ValuesIn(kCases), name_of_case);

}  // namespace
}  // namespace sonde::test
