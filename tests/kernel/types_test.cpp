// Types as a script asks for them and makes use of them: typeof, typeinfo, container_of, casts of texts; arrays of
// arrays and of structs. Expected texts are those of bpftrace 0.27 where it has the feature.
#include "language_case.h"

namespace sonde::test {
namespace {

const LanguageCase kCases[] = {
    {"typeinfo_of_literals", R"(begin { print(typeinfo(300)); print(typeinfo(-1)); print(typeinfo(1 + 1).base_type) })",
     "{ .btf_id = 0, .base_type = int, .full_type = int16 }\n{ .btf_id = 0, .base_type = int, .full_type = int8 "
     "}\nint"},
    {"typeinfo_in_maps_and_keys",
     R"(begin { @t[typeinfo(comm)] = typeinfo((uint16)1); $i = typeinfo("abc"); printf("%s\n", $i.full_type) })",
     "string[4]\n\n\n@t[{ .btf_id = 0, .base_type = string, .full_type = string[16] }]: { .btf_id = 0, .base_type = "
     "int, "
     ".full_type = uint16 }"},
    {"typeof", R"(begin { @keyed[pid] = 1; $k = (typeof(@keyed))300; let $n: typeof($k) = 5; $n = 6;
        printf("%s %d %d\n", typeinfo($n).full_type, $n, sizeof(typeof((int16)$k))); clear(@keyed) })",
     "uint64 6 2"},
    {"decided_by_a_type",
     R"(macro name(x) { if comptime (typeinfo(x).base_type == "string") { x } else { "none" } }
        begin { print(name("text")); print(name(5)) })",
     "text\nnone"},
    {"texts_of_another_size",
     R"bt(begin { @s[(string[4])"abcdef"] = (string[64])"abc"; $s = (string[3])comm; print(strlen($s)) })bt",
     "2\n\n\n@s[abc]: abc"},
    {"texts_in_order_while_compiling", R"(begin { print(("abc" < "abd", "b" <= "a", "x" > "", "x" >= "y")) })",
     "(true, false, true, false)"},
};

INSTANTIATE_TEST_SUITE_P(types, LanguageTest, ::testing::ValuesIn(kCases), name_of_case);

const LanguageCase kKernelCases[] = {
    {"container_of",
     R"(begin { $t = (struct task_struct *)curtask; $c = container_of(&$t->real_parent, typeof(*$t), real_parent);
        $d = container_of(&$t->cred->uid.val, struct cred, uid.val);
        printf("%d %d %d\n", $c == $t, $c->tgid == pid, $d == $t->cred) })",
     "1 1 1"},
    {"offsets_of_expressions", R"(begin { $t = (struct task_struct *)curtask;
        print(((uint64)&$t->pid - (uint64)$t == offsetof($t, pid), offsetof(*$t, pid) == offsetof(struct task_struct, pid))) })",
     "(true, true)"},
    {"numbers_of_types", R"(begin { print((typeinfo(struct task_struct).btf_id > 0, typeinfo(curtask).btf_id)) })",
     "(true, 0)"},
    {"arrays_of_structs", R"(begin { $t = (struct task_struct *)curtask; $i = 3; $l = $t->signal->rlim[3];
        printf("%d %d\n", $l.rlim_cur == $t->signal->rlim[$i].rlim_cur, $t->signal->rlim[$i].rlim_max > 0) })",
     "1 1"},
    {"arrays_of_arrays_and_of_structs_in_C", R"(struct item { int x; char n[8]; };
        struct S { int a; short b[2][3]; struct item items[3]; struct item grid[2][2]; };
        begin { $p = (struct S *)curtask; $base = (uint64)curtask; $i = 1; $j = 2; $s = *$p;
          $b = *(int16 *)($base + offsetof(struct S, b) + 10);
          $x = *(int32 *)($base + offsetof(struct S, items) + 24);
          $y = *(int32 *)($base + offsetof(struct S, grid) + 36);
          print(($p->b[1][2] == $b, $p->b[$i][$j] == $b, $s.b[$i][$j] == $b));
          print(($p->items[2].x == $x, $p->items[$j].x == $x, $s.items[$j].x == $x));
          print(($p->grid[1][1].x == $y, $p->grid[$i][1].x == $y, $s.grid[1][$i].x == $y));
          $row = $p->b[1]; $line = $p->grid[1]; @rows[$row] = $p->b[1];
          print(($row[$j] == $b, $line[$i].x == $y, $p->b[1] == $row, @rows[$p->b[1]][2] == $b));
          print((sizeof($p->b), sizeof($p->b[0]), (uint64)&$p->items[1].x - (uint64)&$p->items));
          clear(@rows) })",
     "(true, true, true)\n(true, true, true)\n(true, true, true)\n(true, true, true, true)\n(12, 6, 12)"},
    {"functions_that_programs_may_call",
     R"(begin { print((kfunc_exist("tcp_slow_start"), kfunc_allowed("tcp_slow_start"), kfunc_allowed("no_such"))) })",
     "(true, false, false)"},
    {"what_the_kernel_has",
     R"(begin { print((has_field(struct task_struct, pid), has_type(struct task_struct), has_func(vfs_read), has_type(pid_t)));
               print((has_field(struct task_struct, no_such), has_type(struct no_such), has_func("no_such"), has_type(no_such)));
               if (has_field(struct task_struct, no_such)) { print(curtask->no_such) }
               if (!has_type(no_such)) { print("left"); return; }
               print(curtask->no_such) })",
     "(true, true, true, true)\n(false, false, false, false)\nleft"},
};

INSTANTIATE_TEST_SUITE_P(kernel_types, LanguageTest, ::testing::ValuesIn(kKernelCases), name_of_case);

}  // namespace
}  // namespace sonde::test
