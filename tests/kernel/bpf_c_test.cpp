// Functions of imported BPF C, called from scripts.
#include <unistd.h>

#include <cstdlib>

#include "harness.h"

namespace sonde::test {
namespace {

using ::testing::HasSubstr;

class BpfCTest : public TracerTest {
protected:
  void SetUp() override {
    TracerTest::SetUp();
    if (std::system("command -v clang-19 >/dev/null || command -v clang >/dev/null") != 0)
      GTEST_SKIP() << "there is no clang on this machine";
  }

  Outcome run(const std::string &c, const std::string &script, std::vector<std::string> more = {}) {
    folder_.write("lib.bpf.c", c);
    more.insert(more.begin(), folder_.write("main.bt", "import \"lib.bpf.c\";\n" + script));
    // Clang takes its time on a busy machine.
    return Sonde(std::move(more)).seconds(60).run();
  }

  TemporaryDirectory folder_;
};

TEST_F(BpfCTest, numbers_of_all_widths) {
  Outcome outcome = run(R"(
    static int half(int x) { return x >> 1; }
    int twice_and_half(int x) { return 2 * x + half(x); }
    signed char negated(signed char c) { return -c; }
    unsigned long long joined(unsigned char a, unsigned short b, unsigned int c, unsigned long long d, _Bool e) {
      return a + 10 * b + 1000 * (unsigned long long)c + 100000 * d + e;
    }
    _Bool is_even(unsigned char c) { return c % 2 == 0; }
    short low(long long x) { return x; })",
                        R"(begin {
    $n = 20;
    printf("%d %d %d %d %d %d\n", twice_and_half($n), negated((int8)5), joined(1, 2, 3, 4, true), is_even($n),
           is_even(21), low(0x1ffff));
    if (twice_and_half(-4) == -10) { printf("negative\n") }
  })",
                        {"-q"});
  EXPECT_EQ(outcome.text(), "50 -5 403022 1 0 -1\nnegative") << outcome;
}

TEST_F(BpfCTest, strings_structs_and_the_kernels_types) {
  Outcome outcome = run(R"(
    struct pair { int first; long second; };
    struct task_struct;
    static long (*read_kernel)(void *to, unsigned int size, const void *from) = (void *)113;
    int length(const char *text) {
      for (int i = 0; i < 16; i++)
        if (!text[i])
          return i;
      return 16;
    }
    long added(const struct pair *pair) { return pair->first + pair->second; }
    enum kind { LOW, HIGH = 7 };
    enum kind kind_of(int n) { return n > 5 ? HIGH : LOW; }
    int read_number(const void *from) {
      int number = 0;
      read_kernel(&number, sizeof number, from);
      return number;
    }
    int is_task(struct task_struct *task) { return task != 0; })",
                        R"(begin {
    printf("%d %d %d %s\n", length("four"), sizeof(struct pair), HIGH, kind_of(6));
    printf("%d\n", read_number(&curtask.pid) == tid);
    printf("%d\n", is_task(curtask));
  })",
                        {"-q"});
  EXPECT_EQ(outcome.text(), "4 16 7 HIGH\n1\n1") << outcome;
}

TEST_F(BpfCTest, variables_and_maps_of_the_c) {
  Outcome outcome = run(R"(
    #define __uint(name, value) int (*name)[value]
    #define __type(name, value) typeof(value) *name
    long calls;
    struct {
      __uint(type, 1);
      __uint(max_entries, 8);
      __type(key, int);
      __type(value, long);
    } seen __attribute__((section(".maps"), used));
    static void *(*lookup)(void *map, const void *key) = (void *)1;
    static long (*update)(void *map, const void *key, const void *value, unsigned long long flags) = (void *)2;
    char LICENSE[] __attribute__((section("license"), used)) = "GPL";
    void note(int key, long value) { calls++; update(&seen, &key, &value, 0); }
    long noted(int key) { long *value = lookup(&seen, &key); return value ? *value : -1; }
    long call_count(void) { return calls; }
    __attribute__((section("kprobe/nothing"), used)) int unused(void *ctx) { return 0; })",
                        R"(begin { note(3, 33); note(4, 44); for ($i : 0..3) { note(5, $i) }
    printf("%d %d %d %d %d\n", noted(3), noted(4), noted(5), noted(6), call_count()) })",
                        {"-q"});
  EXPECT_EQ(outcome.text(), "33 44 2 -1 5") << outcome;
}

TEST_F(BpfCTest, is_compiled_for_the_machine_that_is_built_for) {
  folder_.write("lib.bpf.c", "#ifndef __TARGET_ARCH_arm64\n#error only for arm64\n#endif\nint f(void) { return 1; }\n");
  std::string script = folder_.write("main.bt", "import \"lib.bpf.c\";\nbegin { print(f()) }");
  std::string object = folder_.path() + "/x.bpf.o";
  auto build_for = [&](const char *arch) {
    return Sonde({"build", script, "-o", object, "--target-arch", arch}).seconds(60).run();
  };
  Outcome here = build_for("x86_64"), there = build_for("arm64");
  EXPECT_THAT(here.err, HasSubstr("only for arm64"));
  EXPECT_EQ(there.status, 0) << there;
}

TEST_F(BpfCTest, fields_of_the_kernel_are_found_where_they_are) {
  Outcome outcome = run(R"(
    struct task_struct { int pid; struct task_struct *group_leader; } __attribute__((preserve_access_index));
    static long (*read_kernel)(void *to, unsigned int size, const void *from) = (void *)113;
    int leader(struct task_struct *task) {
      struct task_struct *leader = 0;
      int pid = 0;
      read_kernel(&leader, sizeof leader, __builtin_preserve_access_index(&task->group_leader));
      read_kernel(&pid, sizeof pid, __builtin_preserve_access_index(&leader->pid));
      return pid;
    })",
                        R"(begin { printf("%d\n", leader(curtask) == pid) })", {"-q"});
  EXPECT_EQ(outcome.text(), "1") << outcome;
}

TEST_F(BpfCTest, a_header_of_the_kernels_types) {
  Outcome outcome = run(R"(
    #include "vmlinux.h"
    static long (*read_kernel)(void *to, u32 size, const void *from) = (void *)113;
    pid_t parent(struct task_struct *task) {
      struct task_struct *parent = 0;
      pid_t pid = 0;
      read_kernel(&parent, sizeof parent, &task->real_parent);
      read_kernel(&pid, sizeof pid, &parent->tgid);
      return pid;
    })",
                        R"(begin { printf("%d\n", parent(curtask) == ppid) })", {"-q"});
  EXPECT_EQ(outcome.text(), "1") << outcome;
}

using BuildBpfCTest = BpfCTest;

TEST_F(BuildBpfCTest, c_that_relocates_fields_is_refused) {
  folder_.write("lib.bpf.c", "struct task_struct { int pid; } __attribute__((preserve_access_index));\n"
                             "int *of(struct task_struct *task) { return &task->pid; }");
  std::string script = folder_.write("main.bt", "import \"lib.bpf.c\";\nbegin { print(of(curtask)) }");
  Outcome outcome = Sonde({"build", script, "-o", folder_.path() + "/built"}).seconds(60).run();
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("main.bt:1:1-18: ERROR: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("relocates fields of the kernel's types")) << outcome;
}

TEST_F(BpfCTest, calls_that_do_not_fit) {
  Outcome outcome = run("struct point { int x; };\nint twice(int x) { return 2 * x; }\nvoid act(void) {}\n"
                        "int x_of(struct point *p) { return p->x; }",
                        "begin { print(twice(1, 2)); print(twice(comm)); print(act()); print(twize(1));\n"
                        "print(x_of(curtask)) }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("2:15-25: ERROR: twice() takes 1 argument, but 2 are given")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("HINT: int32 twice(int32 x)")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("twice() takes int32 'x' here, but string[16] is given")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("act() gives no value")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'twice'?")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("but struct task_struct * is given")) << outcome;
}

TEST_F(BpfCTest, c_with_errors) {
  Outcome outcome =
      run("int twice(int x) { return y; }\nint half(int x) { return x / 2; }", "begin { print(twice(1)) }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("lib.bpf.c:1:27: ERROR: use of undeclared identifier 'y'")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("main.bt:1:1-18: NOTE: imported here")) << outcome;
  outcome = run("int half(int x) { return x / 2; }", "begin { print(half(1)) }");
  EXPECT_THAT(outcome.err, HasSubstr("lib.bpf.c:1:28: ERROR: ")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("unsupported signed division")) << outcome;
  outcome = run("#include \"none.h\"", "begin { print(1) }");
  EXPECT_THAT(outcome.err, HasSubstr("lib.bpf.c:1:10: ERROR: 'none.h' file not found")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("HINT: name the folder that holds it with -I")) << outcome;
}

TEST_F(BpfCTest, c_that_the_kernel_refuses) {
  Outcome outcome = run("struct point { int x; };\nint x_of(const struct point *p) {\n  return p->x;\n}",
                        "begin { print(x_of((struct point *)curtask)) }");
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("lib.bpf.c:3:3-14: ERROR: the kernel does not accept this\n  return p->x;"))
      << outcome;
}

TEST_F(BpfCTest, example) {
  Outcome outcome = Sonde({"-q", std::string(SONDE_EXAMPLES_DIR) + "/c/written_twice.bt", "-c",
                           "/bin/sh -c 'echo tea; echo milk; echo tea'"})
                        .run();
  EXPECT_THAT(outcome.text(), ::testing::ContainsRegex("@times\\[[0-9]+\\]: 1\n@times\\[[0-9]+\\]: 2")) << outcome;
}

TEST_F(BpfCTest, functions_that_scripts_cannot_have) {
  Outcome outcome =
      run("struct small { int a; };\nint of(struct small s) { return s.a; }\nint str(int x) { return x; }",
          "begin { print(1) }");
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the function str() has the name of a builtin")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("scripts cannot give of() its 's', a struct small")) << outcome;
}

// As in the lab's guests.
using NoClangTest = TracerTest;

TEST_F(NoClangTest, says_what_to_install) {
  if (access("/usr/lib/llvm-19/bin/clang", X_OK) == 0)
    GTEST_SKIP() << "there is one, where no PATH leads";
  TemporaryDirectory folder;
  folder.write("lib.bpf.c", "int one(void) { return 1; }");
  std::string script = folder.write("main.bt", "import \"lib.bpf.c\";\nbegin { print(one()) }");
  Outcome outcome = Sonde({script}).environment("PATH", "/nowhere").run();
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("main.bt:1:1-18: ERROR: could not import")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("there is no clang to compile it")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("HINT: install clang-19")) << outcome;
}

}  // namespace
}  // namespace sonde::test
