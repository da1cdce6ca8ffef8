// Images for other machines meet kernels that differ from the one that they were built with.
#include "runtime/settle.h"

#include <bpf/btf.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "driver/compile.h"
#include "kernel/fake_kernel.h"
#include "kernel/target_kernel.h"

namespace sonde::runtime {
namespace {

using kernel::FakeKernel;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

image::ProgramImage build(const std::string &script, kernel::KernelVersion oldest = kernel::kOldestTarget) {
  FakeKernel here;
  std::unique_ptr<kernel::Kernel> target = kernel::kernels_from(oldest, here);
  Sources sources;
  size_t file = sources.add("x.bt", script);
  Diagnostics diagnostics;
  driver::Compilation compilation = driver::compile(sources, file, *target, {}, diagnostics);
  EXPECT_EQ(diagnostics.format(sources, false, /*warnings=*/false), "");
  return compilation.image.value_or(image::ProgramImage());
}

// What building says against it.
std::string refusal(const std::string &script) {
  FakeKernel here;
  std::unique_ptr<kernel::Kernel> target = kernel::kernels_from(kernel::kOldestTarget, here);
  Sources sources;
  size_t file = sources.add("x.bt", script);
  Diagnostics diagnostics;
  driver::compile(sources, file, *target, {}, diagnostics);
  return diagnostics.format(sources, false, /*warnings=*/false);
}

// What stands against running it; empty when nothing does.
std::string problems(const std::string &script, FakeKernel &there) {
  auto settled = settle(build(script), there, {});
  return settled ? "" : settled.error().message();
}

Type task_with(std::vector<Field> fields) {
  auto layout = std::make_shared<StructLayout>();
  layout->name = "task_struct";
  layout->size = 512;
  layout->fields = std::move(fields);
  return Type::structure("task_struct", layout);
}

std::vector<std::string> names(const image::ProgramSpec &program) {
  std::vector<std::string> names;
  for (const image::Target &target : program.targets)
    names.push_back(target.name);
  return names;
}

constexpr char kReadsPid[] = "kprobe:vfs_read { @ = curtask->pid }";

TEST(Settle, fields_may_move) {
  FakeKernel there;
  EXPECT_EQ(problems(kReadsPid, there), "");
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  auto settled = settle(build(kReadsPid), there, {});
  ASSERT_TRUE(settled) << settled.error().message();
  EXPECT_FALSE(settled->types.is_empty());
}

TEST(Settle, a_field_that_is_gone_is_named_with_its_place) {
  FakeKernel there;
  there.add_type(task_with({{"tgid", Type::integer(32, true), 300}}));
  std::string text = problems(kReadsPid, there);
  EXPECT_THAT(text, HasSubstr("x.bt:1:32-34: ERROR: field 'pid' of struct task_struct does not exist in this kernel"));
  EXPECT_THAT(text, HasSubstr("kprobe:vfs_read { @ = curtask->pid }\n                               ^~~"));
}

TEST(Settle, a_field_of_another_type_is_refused) {
  FakeKernel there;
  there.add_type(task_with({{"pid", Type::integer(64, true), 300}}));
  EXPECT_THAT(problems(kReadsPid, there), HasSubstr("field 'pid' of struct task_struct is int64 in this kernel"));
}

// ---- has_field() and what it guards ----

constexpr char kRenamed[] = "struct task_struct___old { long state; };\n"
                            "kprobe:vfs_read { if (has_field(struct task_struct, __state)) { @ = curtask->__state; }\n"
                            "else { @ = ((struct task_struct___old *)curtask)->state; } }";

TEST(Settle, a_field_behind_a_question_may_be_missing) {
  FakeKernel there;
  EXPECT_EQ(problems(kRenamed, there), "");
  there.add_type(task_with({{"state", Type::int64(), 300}}));
  EXPECT_EQ(problems(kRenamed, there), "");
}

TEST(Settle, a_branch_that_is_taken_needs_its_fields) {
  FakeKernel there;
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  EXPECT_THAT(problems(kRenamed, there), HasSubstr("field 'state' of struct task_struct does not exist"));
  there.add_type(task_with({{"state", Type::integer(32, true), 300}}));
  EXPECT_THAT(problems(kRenamed, there), HasSubstr("field 'state' of struct task_struct is int32 in this kernel"));
}

TEST(Settle, questions_guard_what_follows_them) {
  FakeKernel there;
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  for (const char *condition : {"has_field(struct task_struct, tgid) && curtask->tgid == 1",
                                "!has_field(struct task_struct, tgid) || curtask->tgid == 1",
                                "has_field(struct task_struct, tgid) ? curtask->tgid == 1 : false"})
    EXPECT_EQ(problems(fmt::format("kprobe:vfs_read /{}/ {{ @ = 1 }}", condition), there), "") << condition;
  EXPECT_EQ(problems("kprobe:vfs_read /has_field(struct task_struct, tgid)/ { @ = curtask->tgid }", there), "");
  EXPECT_THAT(problems("kprobe:vfs_read /!has_field(struct task_struct, tgid)/ { @ = curtask->tgid }", there),
              HasSubstr("field 'tgid' of struct task_struct does not exist"));
}

TEST(Settle, a_question_guards_what_stands_behind_a_branch_that_leaves) {
  FakeKernel there;
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  for (const char *body : {
           "if (!has_field(struct task_struct, tgid)) { return; } @ = curtask->tgid;",
           "if (!has_field(struct task_struct, tgid)) { exit(); } @ = curtask->tgid;",
           "if (has_field(struct task_struct, tgid)) { @ = 1; } else { @ = 2; return; } @ = curtask->tgid;",
           "if (!has_field(struct task_struct, tgid)) { if (pid == 1) { return; } else { return; } } @ = "
           "curtask->tgid;",
           "for ($i : 0..9) { if (!has_field(struct task_struct, tgid)) { break; } @ = curtask->tgid; }",
           "$n = { if (!has_field(struct task_struct, tgid)) { return; } curtask->tgid }; @ = $n;",
       })
    EXPECT_EQ(problems(fmt::format("kprobe:vfs_read {{ {} }}", body), there), "") << body;
}

TEST(Settle, a_question_does_not_guard_what_is_reached_all_the_same) {
  FakeKernel there;
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  for (const char *body : {
           "if (!has_field(struct task_struct, tgid)) { @ = 1; } @ = curtask->tgid;",
           "if (has_field(struct task_struct, tgid)) { return; } @ = curtask->tgid;",
           "if (!has_field(struct task_struct, tgid)) { if (pid == 1) { return; } } @ = curtask->tgid;",
           "for ($i : 0..9) { if (!has_field(struct task_struct, tgid)) { break; } } @ = curtask->tgid;",
           "if (!has_field(struct task_struct, tgid)) { for ($i : 0..9) { break; } } @ = curtask->tgid;",
       })
    EXPECT_THAT(problems(fmt::format("kprobe:vfs_read {{ {} }}", body), there),
                HasSubstr("field 'tgid' of struct task_struct does not exist"))
        << body;
}

TEST(Settle, symbols_that_the_kernel_lacks) {
  FakeKernel there;
  EXPECT_EQ(problems("kprobe:vfs_read { if (has_func(no_such)) { @ = kaddr(\"no_such\"); } }", there), "");
  EXPECT_EQ(problems("kprobe:vfs_read { if (!has_func(no_such)) { return; } @ = kaddr(\"no_such\"); }", there), "");
  std::string text = problems("kprobe:vfs_read { @ = kaddr(\"no_such\"); }", there);
  EXPECT_THAT(text, HasSubstr("x.bt:1:23-38: ERROR: this kernel"));
  EXPECT_THAT(text, HasSubstr("has no symbol 'no_such'"));
  EXPECT_THAT(text, HasSubstr("HINT: if (has_func(no_such)) { … } keeps it to kernels that have it"));
}

TEST(Settle, sizes_of_types_behind_a_question) {
  const char *script = "kprobe:vfs_read { if (has_type(struct qstr)) { @ = sizeof(struct qstr) } }";
  FakeKernel there;
  EXPECT_EQ(problems(script, there), "");
  there.add_type(Type::enumeration("qstr", 32, false, {}));
  EXPECT_EQ(problems(script, there), "");
}

// ---- Other architectures ----

image::ProgramImage build_for(Arch arch, const std::string &script, std::string *assembly = nullptr) {
  FakeKernel here;
  kernel::Target target;
  target.arch = arch;
  auto opened = kernel::open_target(target, here);
  Sources sources;
  size_t file = sources.add("x.bt", script);
  Diagnostics diagnostics;
  driver::CompileOptions options;
  options.stages = {driver::Stage::Assembly};
  driver::Compilation compilation = driver::compile(sources, file, **opened, options, diagnostics);
  EXPECT_EQ(diagnostics.format(sources, false, /*warnings=*/false), "");
  if (assembly && !compilation.stage_texts.empty())
    *assembly = compilation.stage_texts.front().second;
  return compilation.image.value_or(image::ProgramImage());
}

TEST(Settle, images_say_for_which_architecture_they_are) {
  FakeKernel there;
  there.set_arch(Arch::X86_64);
  auto settled = settle(build_for(Arch::Arm64, kReadsPid), there, {});
  ASSERT_FALSE(settled);
  EXPECT_THAT(settled.error().message(), HasSubstr("it was built for arm64; this machine is x86_64"));
  there.set_arch(Arch::Arm64);
  there.add_type(task_with({{"pid", Type::integer(32, true), 300}}));
  settled = settle(build_for(Arch::Arm64, kReadsPid), there, {});
  EXPECT_TRUE(settled) << settled.error().message();
}

TEST(Settle, arguments_are_in_the_registers_of_the_architecture) {
  std::string arm64, x86;
  const char *script = "kprobe:vfs_read { @ = arg1; @r = reg(\"pc\") }";
  build_for(Arch::Arm64, script, &arm64);
  build_for(Arch::X86_64, script, &x86);
  EXPECT_THAT(arm64, AllOf(HasSubstr("*(u64 *)(r6 + 8)"), HasSubstr("*(u64 *)(r6 + 256)")));
  EXPECT_THAT(x86, AllOf(HasSubstr("*(u64 *)(r6 + 104)"), HasSubstr("*(u64 *)(r6 + 128)")));
}

TEST(Settle, system_calls_have_the_numbers_of_the_architecture) {
  const char *script = "tracepoint:syscalls:sys_enter_openat { @ = count() }";
  EXPECT_EQ(build_for(Arch::Arm64, script).programs.front().targets.front().syscall, 56u);
  EXPECT_EQ(build_for(Arch::X86_64, script).programs.front().targets.front().syscall, 257u);
}

TEST(Settle, programs_of_this_machine_are_not_those_of_another_architecture) {
  FakeKernel here;
  kernel::Target target;
  target.arch = native_arch() == Arch::Arm64 ? Arch::X86_64 : Arch::Arm64;
  auto opened = kernel::open_target(target, here);
  Sources sources;
  size_t file = sources.add("x.bt", "uprobe:/bin/sh:main { @ = 1 }");
  Diagnostics diagnostics;
  driver::compile(sources, file, **opened, {}, diagnostics);
  EXPECT_THAT(diagnostics.format(sources, false), HasSubstr("it depends on programs or the processor of the machine"));
}

// ---- Types from a file ----

// BTF of a kernel with one struct and one function.
std::string write_types(const std::string &field, uint32_t offset) {
  std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  int number = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
  btf__add_struct(types.get(), "task_struct", 512);
  btf__add_field(types.get(), field.c_str(), number, offset * 8, 0);
  int prototype = btf__add_func_proto(types.get(), number);
  btf__add_func_param(types.get(), "count", number);
  btf__add_func(types.get(), "made_up_function", BTF_FUNC_GLOBAL, prototype);
  uint32_t size = 0;
  const void *bytes = btf__raw_data(types.get(), &size);
  std::string path = ::testing::TempDir() + "/types.btf";
  std::ofstream(path, std::ios::binary).write(static_cast<const char *>(bytes), size);
  return path;
}

TEST(Settle, types_and_functions_are_those_of_a_file) {
  FakeKernel here;
  kernel::Target target;
  target.types = write_types("only_there", 300);
  auto opened = kernel::open_target(target, here);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ((**opened).type("mm_struct").value(), std::nullopt);
  Sources sources;
  size_t file = sources.add("x.bt", "kprobe:made_up_* { @ = curtask->only_there }");
  Diagnostics diagnostics;
  driver::Compilation compilation = driver::compile(sources, file, **opened, {}, diagnostics);
  ASSERT_EQ(diagnostics.format(sources, false), "");
  EXPECT_THAT(names(compilation.image->programs.front()), ElementsAre("kprobe:made_up_function"));
  here.add_type(task_with({{"only_there", Type::integer(32, true), 40}}));
  here.add_function("made_up_function");
  auto settled = settle(*compilation.image, here, {});
  EXPECT_TRUE(settled) << settled.error().message();
}

TEST(Settle, wildcards_match_what_is_there) {
  image::ProgramImage image = build("kprobe:vfs_* { @ = count() }");
  FakeKernel there;
  there.add_function("vfs_new");
  auto settled = settle(image, there, {});
  ASSERT_TRUE(settled);
  EXPECT_THAT(names(settled->image.programs.front()), ::testing::Contains("kprobe:vfs_new"));
}

TEST(Settle, a_function_may_be_elsewhere_alone) {
  FakeKernel there;
  EXPECT_THAT(problems("kprobe:no_such_function { @ = count() }", there),
              HasSubstr("there is no function 'no_such_function'"));
  there.add_function("no_such_function");
  EXPECT_EQ(problems("kprobe:no_such_function { @ = count() }", there), "");
}

TEST(Settle, a_function_that_is_not_here_is_a_warning) {
  FakeKernel here;
  std::unique_ptr<kernel::Kernel> target = kernel::kernels_from(kernel::kOldestTarget, here);
  Sources sources;
  size_t file = sources.add("x.bt", "kprobe:vfs_raed { @ = count() }");
  Diagnostics diagnostics;
  driver::compile(sources, file, *target, {}, diagnostics);
  std::string text = diagnostics.format(sources);
  EXPECT_THAT(text, HasSubstr("WARNING: on this machine there is no function 'vfs_raed' in the kernel"));
  EXPECT_THAT(text, HasSubstr("looked for again where the script runs; did you mean 'vfs_read'"));
}

TEST(Settle, missing_probes_may_be_ignored) {
  image::ProgramImage image =
      build("config = { missing_probes = \"ignore\" } kprobe:vfs_read { @ = count() } kprobe:not_here { @ = count() }");
  FakeKernel there;
  auto settled = settle(image, there, {});
  ASSERT_TRUE(settled) << settled.error().message();
  EXPECT_THAT(names(settled->image.programs[0]), ElementsAre("kprobe:vfs_read"));
  EXPECT_THAT(settled->image.programs[1].targets, IsEmpty());
}

TEST(Settle, the_first_alternative_that_exists) {
  image::ProgramImage image = build("kprobe:no_such_function ?? kprobe:vfs_read ?? kprobe:vfs_write { @ = count() }");
  FakeKernel there;
  auto settled = settle(image, there, {});
  ASSERT_TRUE(settled) << settled.error().message();
  EXPECT_THAT(names(settled->image.programs.front()), ElementsAre("kprobe:vfs_read"));
  there.add_function("no_such_function");
  EXPECT_THAT(names(settle(image, there, {})->image.programs.front()), ElementsAre("kprobe:no_such_function"));
}

TEST(Settle, none_of_the_alternatives) {
  FakeKernel there;
  EXPECT_THAT(problems("kprobe:not_this ?? kprobe:nor_that { @ = count() }", there),
              HasSubstr("there is no function 'nor_that'"));
}

TEST(Settle, records_may_move_but_not_change) {
  const char *script = "tracepoint:sched:sched_switch { @ = args.prev_pid }";
  FakeKernel there;
  there.add_tracepoint("sched", "sched_switch", "field:pid_t prev_pid;\toffset:64;\tsize:4;\tsigned:1;\n");
  EXPECT_EQ(problems(script, there), "");
  there.add_tracepoint("sched", "sched_switch", "field:long prev_pid;\toffset:64;\tsize:8;\tsigned:1;\n");
  EXPECT_THAT(problems(script, there),
              HasSubstr("argument 'prev_pid' of tracepoint:sched:sched_switch is int64 in this kernel"));
}

TEST(Settle, enumerators_have_to_be_the_same) {
  const char *script = "begin { print(TCP_LISTEN) }";
  FakeKernel there;
  EXPECT_EQ(problems(script, there), "");
  image::ProgramImage image = build(script);
  for (image::KernelUse &use : image.kernel_uses)
    use.built = "77";
  EXPECT_THAT(settle(image, there, {}).error().message(), HasSubstr("TCP_LISTEN is 10 in this kernel"));
}

TEST(Settle, older_kernels_than_asked_for) {
  FakeKernel there;
  there.set_version({5, 4, 0});
  EXPECT_THAT(problems("begin { exit() }", there), HasSubstr("it was built for Linux 5.10 and later"));
}

TEST(Settle, numbers_of_types_are_refused) {
  EXPECT_THAT(refusal("begin { print(typeinfo(struct task_struct).btf_id) }"), HasSubstr("differ between kernels"));
  EXPECT_THAT(refusal("begin { print(typeinfo(struct task_struct)) }"), HasSubstr("differ between kernels"));
  EXPECT_EQ(refusal("begin { print(typeinfo(struct task_struct).full_type) }"), "");
}

TEST(Settle, what_needs_a_later_kernel_is_told_when_it_is_built) {
  EXPECT_THAT(refusal("kprobe:vfs_* { @[probe] = count() }"), HasSubstr("needs Linux 5.15"));
  EXPECT_THAT(refusal("begin { @a[1] = 1; for ($kv : @a) { print($kv) } }"), HasSubstr("needs Linux 5.13"));
}

TEST(ParseVersion, takes_two_or_three_numbers) {
  EXPECT_EQ(kernel::parse_version("5.15"), (kernel::KernelVersion{5, 15, 0}));
  EXPECT_EQ(kernel::parse_version("6.1.3"), (kernel::KernelVersion{6, 1, 3}));
  for (const char *wrong : {"", "6", "6.", "6.1.", "6.1.2.3", "6.1-rc1", "six"})
    EXPECT_FALSE(kernel::parse_version(wrong)) << wrong;
}

}  // namespace
}  // namespace sonde::runtime
