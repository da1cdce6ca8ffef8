// Code generation, judged by the kernel: scripts go through the whole compiler, the object is
// loaded, begin probes are run, and what they left in their maps is compared.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <string>

#include "builtins/builtin.h"
#include "codegen/generate.h"
#include "kernel/kernel.h"
#include "parser/parse.h"
#include "sema/analyze.h"

namespace sonde {
namespace {

struct Compiled {
  std::string problems;
  image::ProgramImage image;
  codegen::Dumps dumps;
};

Compiled compile(const std::string &script, bool want_ir = false) {
  Compiled result;
  Sources sources;
  size_t file = sources.add("script.bt", script);
  Diagnostics diagnostics;
  ast::Program program = parse(sources, file, {}, diagnostics);
  auto kernel = kernel::open_running_kernel();
  sema::Analysis analysis;
  if (!diagnostics.has_errors())
    analysis = sema::analyze(program, *kernel, builtins::all_builtins(), {}, diagnostics);
  if (diagnostics.has_errors()) {
    result.problems = diagnostics.format(sources);
    return result;
  }
  result.dumps.want_optimized_ir = want_ir;
  result.image = codegen::generate(analysis, sources, *kernel, diagnostics, result.dumps);
  if (diagnostics.has_errors())
    result.problems = diagnostics.format(sources);
  return result;
}

// A loaded object; `log` is what the verifier said when it refused.
class Loaded {
public:
  explicit Loaded(const image::ProgramImage &image) {
    libbpf_set_print([](libbpf_print_level, const char *, va_list) { return 0; });
    object_.reset(bpf_object__open_mem(image.object.data(), image.object.size(), nullptr));
    if (!object_)
      return;
    bpf_program *program;
    log_.resize(1 << 20);
    bpf_object__for_each_program(program, object_.get()) bpf_program__set_log_buf(program, log_.data(), log_.size());
    ok_ = bpf_object__load(object_.get()) == 0;
  }

  bool ok() const { return ok_; }
  std::string log() const { return log_.c_str(); }
  bpf_object *object() { return object_.get(); }

  // Runs the first program on this CPU.
  void run() {
    bpf_program *program = bpf_object__next_program(object_.get(), nullptr);
    LIBBPF_OPTS(bpf_test_run_opts, options);
    ASSERT_EQ(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
    EXPECT_EQ(options.retval, 0u);
  }

  // The first 8 bytes of a scalar map's value, sign as stored.
  int64_t scalar(const char *map) { return slot(map).front(); }
  // The word behind the values of a scalar map.
  bool is_set(const char *map) { return slot(map).back() == 1; }

  std::vector<int64_t> slot(const char *map) {
    bpf_map *found = bpf_object__find_map_by_name(object_.get(), map);
    uint32_t key = 0;
    std::vector<int64_t> words(bpf_map__value_size(found) / 8);
    EXPECT_EQ(bpf_map_lookup_elem(bpf_map__fd(found), &key, words.data()), 0) << map;
    return words;
  }

private:
  struct Close {
    void operator()(bpf_object *object) const { bpf_object__close(object); }
  };
  std::unique_ptr<bpf_object, Close> object_;
  std::string log_;
  bool ok_ = false;
};

class Codegen : public testing::Test {
protected:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "loading programs needs root";
  }

  // Compiles, loads and runs `begin { BODY }`; its integer maps must hold what is expected.
  void expect(const std::string &body, const std::map<std::string, int64_t> &maps) {
    SCOPED_TRACE(body);
    Compiled compiled = compile("begin { " + body + " }");
    ASSERT_EQ(compiled.problems, "");
    Loaded loaded(compiled.image);
    ASSERT_TRUE(loaded.ok()) << loaded.log();
    loaded.run();
    for (const auto &[name, value] : maps)
      EXPECT_EQ(loaded.scalar(name.c_str()), value) << name;
  }

  void expect_loads(const std::string &script) {
    SCOPED_TRACE(script);
    Compiled compiled = compile(script);
    ASSERT_EQ(compiled.problems, "");
    Loaded loaded(compiled.image);
    EXPECT_TRUE(loaded.ok()) << loaded.log();
  }
};

TEST_F(Codegen, Arithmetic) {
  expect("@a = 7; @b = @a * 3 - 30; @c = (@a << 4) | 1; @d = ~@a; @e = -@a; @f = @a ^ 2;",
         {{"AT_b", -9}, {"AT_c", 113}, {"AT_d", -8}, {"AT_e", -7}, {"AT_f", 5}});
}

TEST_F(Codegen, SignedDivisionTruncatesTowardsZero) {
  expect("$x = -7; $y = 2; @a = $x / $y; @b = $x % $y; @c = 7 / -$y; @d = $x >> 1;",
         {{"AT_a", -3}, {"AT_b", -1}, {"AT_c", -3}, {"AT_d", -4}});
}

TEST_F(Codegen, DivisionByZeroGivesZeroAndModuloTheDividend) {
  expect("$x = -7; @a = 5; @a = $x / (pid - pid); @b = $x % (pid - pid);", {{"AT_a", 0}, {"AT_b", -7}});
}

TEST_F(Codegen, CastsCutAndExtend) {
  expect("$x = -7; @a = (uint64)(uint8)$x; @b = (int64)(int8)200; @c = (int64)(uint16)70000;",
         {{"AT_a", 249}, {"AT_b", -56}, {"AT_c", 4464}});
}

TEST_F(Codegen, ComparisonsFollowSigns) {
  expect("$x = -1; @a = $x < 3 ? 1 : 2; @b = (uint64)5 > 3 ? 1 : 2; @c = (uint64)$x > (uint64)3 ? 1 : 2;",
         {{"AT_a", 1}, {"AT_b", 1}, {"AT_c", 1}});
}

TEST_F(Codegen, LogicEvaluatesTheRightSideOnlyWhenNeeded) {
  expect("@n = 0; if (@n && @n++) { @a = 1 } if (@n == 0 || @n++) { @b = 1 } @c = @n;",
         {{"AT_a", 0}, {"AT_b", 1}, {"AT_c", 0}});
}

TEST_F(Codegen, IncrementsGiveOldOrNewValue) {
  expect("@x = 1; @a = @x++; @b = ++@x; $v = 5; @c = $v--; @d = --$v; @k[1]++; @e = @k[1]++; @f = @k[1];",
         {{"AT_x", 3}, {"AT_a", 1}, {"AT_b", 3}, {"AT_c", 5}, {"AT_d", 3}, {"AT_e", 1}, {"AT_f", 2}});
}

TEST_F(Codegen, TernariesAlsoInTheShortForm) {
  expect("$v = 20; $z = pid - pid; @a = $v ?: 7; @b = $z ?: 7; @c = $v > 5 ? 1 : 2;",
         {{"AT_a", 20}, {"AT_b", 7}, {"AT_c", 1}});
}

TEST_F(Codegen, MissingEntriesReadAsZero) {
  expect("@m[4] = 1; @a = @m[3] + 5; @b = has_key(@m, 4) ? 1 : 0; delete(@m, 4); @c = has_key(@m, 4) ? 1 : 0;",
         {{"AT_a", 5}, {"AT_b", 1}, {"AT_c", 0}});
}

TEST_F(Codegen, DeletingAScalarMapZeroesIt) { expect("@x = 5; delete(@x);", {{"AT_x", 0}}); }

TEST_F(Codegen, ScalarsKnowWhetherTheyWereAssigned) {
  Compiled compiled = compile("begin { @zero = 0; @pair = (0, 0); @text = \"\"; @n++; @n--; @gone = 5; delete(@gone);"
                              " if (@zero) { @never = 1 } @again = 1; delete(@again); @again = 0; }");
  ASSERT_EQ(compiled.problems, "");
  Loaded loaded(compiled.image);
  ASSERT_TRUE(loaded.ok()) << loaded.log();
  loaded.run();
  for (const char *map : {"AT_zero", "AT_pair", "AT_text", "AT_n", "AT_again"})
    EXPECT_TRUE(loaded.is_set(map)) << map;
  for (const char *map : {"AT_never", "AT_gone"})
    EXPECT_FALSE(loaded.is_set(map)) << map;
}

TEST_F(Codegen, DeletingTellsWhetherThereWasAnEntry) {
  expect("@x = 0; @a = delete(@x) ? 1 : 2; @b = delete(@x) ? 1 : 2; @c = has_key(@x) ? 1 : 2; @x = 0; @d = has_key(@x) "
         "? 1 : 2;",
         {{"AT_a", 1}, {"AT_b", 2}, {"AT_c", 2}, {"AT_d", 1}});
  expect("@n = count(); @a = has_key(@n) ? 1 : 2; @b = delete(@n) ? 1 : 2; @c = delete(@n) ? 1 : 2; @d = @n + 7;",
         {{"AT_a", 1}, {"AT_b", 1}, {"AT_c", 2}, {"AT_d", 7}});
}

TEST_F(Codegen, StringsCompareUpToTheirNul) {
  expect("$s = \"hello\"; $t = \"hello\"; @a = $s == $t ? 1 : 2; @b = $s == \"hell\" ? 1 : 2; @c = $s != \"hello\" ? 1 "
         ": 2;",
         {{"AT_a", 1}, {"AT_b", 2}, {"AT_c", 2}});
}

TEST_F(Codegen, LongStringsInVariablesMapsAndKeys) {
  std::string text(300, 'x');
  expect("$s = \"" + text + "\"; @m = $s; @k[$s] = 1; @k[@m] += 5; @a = @k[\"" + text + "\"]; @b = @m == $s ? 1 : 2;",
         {{"AT_a", 6}, {"AT_b", 1}});
}

TEST_F(Codegen, KeysOfStringsOfDifferentLengthsAreEqual) {
  expect("@k[\"a\", 1] = 1; @k[\"a longer string\", 1] = 2; $s = \"a\"; @k[$s, 1] += 5; @a = @k[\"a\", 1];",
         {{"AT_a", 6}});
}

TEST_F(Codegen, TuplesInVariablesAndMaps) {
  expect("$t = (1, \"abc\", 3); @t[1] = $t; @a = @t[1].2; @b = @t[1].1 == \"abc\" ? 1 : 2; @c = $t.0;",
         {{"AT_a", 3}, {"AT_b", 1}, {"AT_c", 1}});
}

TEST_F(Codegen, AggregationsReadAsNumbers) {
  expect("@n = count(); @n = count(); @a = @n + 1; @lo = min(5); @lo = min(-3); @b = @lo; @hi = max(7); @c = @hi;"
         "@av = avg(10); @av = avg(20); @d = @av; @s = sum(-5); @s = sum(2); @e = @s;",
         {{"AT_a", 3}, {"AT_b", -3}, {"AT_c", 7}, {"AT_d", 15}, {"AT_e", -3}});
}

TEST_F(Codegen, WhileWithBreakAndContinue) {
  expect("$i = 0; while ($i < 10) { $i++; if ($i == 5) { continue } if ($i == 8) { break } @a += $i; }",
         {{"AT_a", 23}});
}

TEST_F(Codegen, WhileWithoutABoundThatTheVerifierKnows) {
  expect("@i = 0; while (@i < 10) { @i++; if (@i == 5) { continue } if (@i == 8) { break } @a += @i; } @b = 1;",
         {{"AT_a", 23}, {"AT_b", 1}});
}

TEST_F(Codegen, ReturnInsideALoopLeavesTheProgram) {
  expect("$w = 0; while (1) { $w++; if ($w > 5) { @a = $w; return } } @b = 1;", {{"AT_a", 6}, {"AT_b", 0}});
}

TEST_F(Codegen, UnrollAndRanges) {
  expect("unroll(3) { @a++; } for ($i : 0..5) { @b += $i; } for ($i : 0..100000) { @c = $i; if ($i == 20) { break; } }",
         {{"AT_a", 3}, {"AT_b", 10}, {"AT_c", 20}});
}

TEST_F(Codegen, LoopsOverMapsReachVariablesAroundThem) {
  expect("@m[1] = 5; @m[2] = 6; $n = 0; $k = 0; for ($kv : @m) { $k += $kv.0; $n += $kv.1; } @a = $n; @b = $k;",
         {{"AT_a", 11}, {"AT_b", 3}});
}

TEST_F(Codegen, NestedLoopsOverMaps) {
  expect("@m[1] = 5; @m[2] = 6; $n = 0; for ($a : @m) { for ($b : @m) { $n++; if ($n > 2) { break; } } } @a = $n;",
         {{"AT_a", 3}});
}

TEST_F(Codegen, ExitDropsWhatFollows) { expect("@a = 1; exit(); @a = 2;", {{"AT_a", 1}}); }

TEST_F(Codegen, EveryProviderLoads) {
  expect_loads("tracepoint:syscalls:sys_enter_openat /comm == \"cat\"/ { @[comm, args.dfd] = count(); "
               "@b[str(args.filename)] = count(); }");
  expect_loads("tracepoint:syscalls:sys_enter_execve { join(args.argv); }");
  expect_loads("tracepoint:syscalls:sys_enter_* { @[probe] = count(); @a = args.__syscall_nr; }");
  expect_loads("tracepoint:syscalls:sys_exit_read { print(args); @r = hist(args.ret); }");
  expect_loads(
      "profile:hz:99 { @[comm] = count(); @l = lhist(pid, 0, 1000, 10); @h[tid] = hist(nsecs); @s = stats(pid); }");
  expect_loads(
      "interval:s:1 { print(@); clear(@); @ = 1; zero(@); time(\"%H\"); printf(\"%s\", strftime(\"%H\", nsecs)); }");
  expect_loads("uprobe:/bin/bash:main { @[arg0, arg5, arg6, arg7] = sum(arg0); printf(\"%s\", str(arg1)); }");
  expect_loads("uretprobe:/bin/bash:main { printf(\"%s %d\", str(retval), retval); @[func] = count(); }");
}

// Arguments on two branches must stay two loads: the verifier refuses one load of a chosen address.
TEST_F(Codegen, ContextLoadsOnBranchesStayApart) {
  expect_loads("uprobe:/bin/bash:main { $x = arg0; if (arg2 > 5) { $x = arg1 } else { $x = arg3 } @ = $x; @b = arg4 ? "
               "arg0 : arg1; }");
}

TEST_F(Codegen, ManyLargeTemporariesShareScratch) {
  std::string body;
  for (int i = 0; i < 60; ++i)
    body += "@m[str(arg0), " + std::to_string(i) + "] = str(arg1);\n";
  expect_loads("uprobe:/bin/bash:main { " + body + "}");
}

TEST_F(Codegen, MapsHaveNamedFieldsAndProgramsScriptLines) {
  Compiled compiled = compile("begin\n{\n  @[pid, comm] = 1;\n}");
  Loaded loaded(compiled.image);
  ASSERT_TRUE(loaded.ok()) << loaded.log();
  bpf_map_info map = {};
  uint32_t size = sizeof(map);
  ASSERT_EQ(bpf_map_get_info_by_fd(bpf_object__find_map_fd_by_name(loaded.object(), "AT_"), &map, &size), 0);
  EXPECT_NE(map.btf_key_type_id, 0u);
  EXPECT_NE(map.btf_value_type_id, 0u);
  bpf_prog_info program = {};
  size = sizeof(program);
  int fd = bpf_program__fd(bpf_object__next_program(loaded.object(), nullptr));
  ASSERT_EQ(bpf_prog_get_info_by_fd(fd, &program, &size), 0);
  EXPECT_NE(program.btf_id, 0u) << "libbpf drops BTF that the kernel refuses, without a word";
  EXPECT_GT(program.nr_line_info, 1u);
}

// The verifier of 6.1 goes round such a loop until it is outside of the strings.
TEST(CodegenIr, StringsOfOneWordAreComparedWithoutALoop) {
  auto loops = [](const std::string &text) {
    Compiled compiled =
        compile(fmt::format("begin {{ @s = \"{0}\"; @t = (1, \"{0}\"); if (@s == @t.1) {{ @same++ }} }}", text),
                /*want_ir=*/true);
    EXPECT_EQ(compiled.problems, "");
    return compiled.dumps.optimized_ir.find("%index = phi") != std::string::npos;
  };
  EXPECT_FALSE(loops("1234567"));
  EXPECT_FALSE(loops("12345678"));
  EXPECT_TRUE(loops("123456789abcdefg"));
}

TEST(CodegenIr, HelpersThatCannotChangeAreCalledOnce) {
  Compiled compiled = compile("begin { @a = pid; @b = tid; @c = pid; }", true);
  ASSERT_EQ(compiled.problems, "");
  const std::string &ir = compiled.dumps.optimized_ir;
  size_t first = ir.find("inttoptr (i64 14 to ptr)");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(ir.find("inttoptr (i64 14 to ptr)", first + 1), std::string::npos);
}

TEST(CodegenIr, ScalarMapsAreLookedUpOnceAndNeverUpdated) {
  Compiled compiled = compile("begin { @a = 1; @a++; @a += 2; }", true);
  const std::string &ir = compiled.dumps.optimized_ir;
  size_t first = ir.find("inttoptr (i64 1 to ptr)");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(ir.find("inttoptr (i64 1 to ptr)", first + 1), std::string::npos);
  EXPECT_EQ(ir.find("inttoptr (i64 2 to ptr)"), std::string::npos);
}

TEST(CodegenIr, NothingUnusedIsInTheObject) {
  Compiled compiled = compile("begin { @a = 1; }", true);
  for (const char *name : {image::kRingBufferMap, "losses", image::kScratchMap})
    EXPECT_EQ(compiled.dumps.optimized_ir.find(std::string("@") + name), std::string::npos) << name;
}

// A program that finds all scratch areas of its CPU in use does nothing but count the event as lost.
TEST(Scratch, without_a_free_area_the_event_is_lost) {
  Compiled compiled =
      compile("BEGIN { $a = str(\"long\", 100); $b = \"" + std::string(60, 'b') + "\"; @m = $a == $b ? 2 : 1 }");
  ASSERT_EQ(compiled.problems, "");
  Loaded loaded(compiled.image);
  ASSERT_TRUE(loaded.ok()) << loaded.log();
  loaded.run();
  EXPECT_EQ(loaded.scalar("AT_m"), 1);

  bpf_map *scratch = bpf_object__find_map_by_name(loaded.object(), image::kScratchMap);
  std::vector<uint64_t> area(bpf_map__value_size(scratch) / 8);
  for (uint32_t key = 0; key < bpf_map__max_entries(scratch); ++key) {
    ASSERT_EQ(bpf_map_lookup_elem(bpf_map__fd(scratch), &key, area.data()), 0);
    EXPECT_EQ(area[0], 0u) << "area " << key << " was not given back";
    area[0] = 1;
    ASSERT_EQ(bpf_map_update_elem(bpf_map__fd(scratch), &key, area.data(), BPF_ANY), 0);
  }
  uint64_t nothing[2] = {};
  uint32_t slot = 0;
  bpf_map_update_elem(bpf_object__find_map_fd_by_name(loaded.object(), "AT_m"), &slot, nothing, BPF_ANY);
  loaded.run();
  EXPECT_EQ(loaded.scalar("AT_m"), 0);
  bpf_map *losses = bpf_object__find_map_by_name(loaded.object(), image::kLossesSection);
  std::vector<uint64_t> words(bpf_map__value_size(losses) / 8);
  ASSERT_EQ(bpf_map_lookup_elem(bpf_map__fd(losses), &slot, words.data()), 0);
  EXPECT_EQ(words.at(image::LossWords{1}.records(0)), 1u);
}

}  // namespace
}  // namespace sonde
