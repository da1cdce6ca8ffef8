// Blocks and branches as expressions, macros and records, as they run. Expected texts are those of
// bpftrace 0.27.
#include "language_case.h"

namespace sonde::test {
namespace {

const LanguageCase kCases[] = {
    {"block_value", "begin { let $z = { let $q = 3; $q * 2 }; print($z); print({ let $s = \"abc\"; $s }) }", "6\nabc"},
    {"if_value", "begin { $x = 1; print(if $x == 2 { \"a\" } else if $x == 1 { \"b\" } else { \"c\" }) }", "b"},
    {"blocks_run_before_the_record_that_they_are_in",
     R"(begin { printf("%d %s\n", { printf("in\n"); 5 }, { for $i : 0..3 { printf("%d\n", $i) } "str" }) })",
     "in\n0\n1\n2\n5 str"},
    {"blocks_in_blocks",
     "begin { $x = { $y = 1; { { $y + 1 } } }; print($x); print({ if $x == 2 { { \"two\" } } else { \"\" } }) }",
     "2\ntwo"},
    {"return_inside_a_block", "begin { print(1); $x = { if (pid != 0) { return; } 7 }; print($x) }", "1"},
    {"block_in_a_predicate",
     "begin / { let $a = 5; $a == 5 } / { print(1) } begin / { $b = 1; $b == 2 } / { print(2) }", "1"},
    {"only_one_branch_at_compile_time",
     "begin { if comptime (1 == 2) { print(none) } else { print(comptime (1 + 2)) } }", "3"},

    {"macro_values",
     "macro one() { 1 } macro add_one(x) { x + 1 } begin { print(one()); print(one); print(add_one(1 + 1)) }",
     "1\n1\n3"},
    {"macro_by_reference",
     "macro add($a, @b) { $a += 1; @b += 1; } begin { $a = 10; @b = 5; add($a, @b); print(($a, @b)); clear(@b) }",
     "(11, 6)"},
    {"macro_arguments_run_where_they_stand", R"(macro thrice(x) { x; x; x; } begin { thrice({ printf("hi\n") }) })",
     "hi\nhi\nhi"},
    {"macros_use_macros_defined_later",
     "macro two(x) { one(x) + 1 } macro one(x) { x + 1 } begin { print(two(two(1))) }", "5"},
    {"macro_variables_are_its_own", "macro f(x) { $y = x; $y + 1 } begin { $y = 5; print(f($y)); print($y) }", "6\n5"},
    {"macros_by_count_of_arguments", "macro f(x) { x } macro f(x, y) { x + y } begin { print(f(1)); print(f(1, 2)) }",
     "1\n3"},
    {"builtin_before_macro_without_parentheses", "macro cpid() { 7 } begin { print(cpid); print(cpid()) }", "0\n7"},
    {"macro_with_a_loop",
     "macro sum(@m) { $n = 0; for $kv : @m { $n += $kv.1; } $n } begin { @m[1] = 2; @m[2] = 3; print(sum(@m)); "
     "clear(@m) }",
     "5"},

    {"records", R"(begin { $r = (a=1, b="x"); print($r); printf("%d %s\n", $r.a, $r.b) })", "{ .a = 1, .b = x }\n1 x"},
    {"records_by_name_in_any_order", R"(begin { $r = (a=1, b="x"); $r = (b="y", a=2); print($r) })",
     "{ .a = 2, .b = y }"},
    {"records_in_maps", R"(begin { @m = (a=1, b="x"); @k[(x=1, y=2)] = 1; })",
     "@k[{ .x = 1, .y = 2 }]: 1\n@m: { .a = 1, .b = x }"},
};

INSTANTIATE_TEST_SUITE_P(blocks, LanguageTest, ::testing::ValuesIn(kCases), name_of_case);

class RecordsTest : public TracerTest {};

TEST_F(RecordsTest, print_as_objects_in_json) {
  Outcome outcome = run_script(R"(begin { print((a=1, b="x")); @k[(x=1, y=2)] = 3; })", {"-q", "-f", "json"});
  EXPECT_THAT(outcome.out, ::testing::HasSubstr(R"({"type": "value", "data": {"a": 1, "b": "x"}})"));
  EXPECT_THAT(outcome.out, ::testing::HasSubstr(R"({"type": "map", "data": {"@k": {"{.x=1,.y=2}": 3}}})"));
}

}  // namespace
}  // namespace sonde::test
