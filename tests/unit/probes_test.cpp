// What specs match, what is wrong with the others and what -l prints, on a kernel of literals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "kernel/fake_kernel.h"
#include "probes/links.h"
#include "probes/provider.h"

// The linker drops functions that nobody calls unless they are retained.
extern "C" __attribute__((noinline, used, retain)) int sonde_probes_test_one(int value) { return value + 1; }
extern "C" __attribute__((noinline, used, retain)) int sonde_probes_test_two(int value) { return value + 2; }
extern "C" __attribute__((nothrow, alias("sonde_probes_test_two"))) int sonde_probes_test_zwei(int value);

namespace sonde::probes {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string self() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

class ProbesTest : public ::testing::Test {
protected:
  Result<std::vector<image::Target>> match(const std::string &text, bool unsafe = false) {
    auto split = split_attach_point(text);
    if (!split)
      return split.error();
    return split->provider->match(split->spec, {kernel_, {}, unsafe});
  }
  // The names of what matches, or the error's message.
  std::vector<std::string> names(const std::string &text, bool unsafe = false) {
    auto targets = match(text, unsafe);
    if (!targets)
      return {targets.error().message()};
    std::vector<std::string> all;
    for (const image::Target &target : *targets)
      all.push_back(target.name);
    return all;
  }
  std::string error(const std::string &text) {
    auto targets = match(text);
    return targets ? "matched " + targets->front().name : targets.error().message();
  }
  std::vector<std::string> list(std::string_view pattern, bool verbose = false) {
    auto listing = list_probes(pattern, verbose, {kernel_, {}, false});
    return listing ? std::move(listing->lines) : std::vector<std::string>{listing.error().message()};
  }
  Result<Context> context(const std::string &text) {
    auto targets = match(text);
    if (!targets)
      return targets.error();
    return split_attach_point(text)->provider->context(targets->front(), kernel_);
  }

  // int fd, bool force, u64 count
  static StructLayout three_parameters() {
    StructLayout layout;
    uint32_t offset = 0;
    for (auto [name, type] : {std::pair("fd", Type::integer(32, true)), std::pair("force", Type::boolean()),
                              std::pair("count", Type::uint64())}) {
      Field &field = layout.fields.emplace_back();
      field.name = name;
      field.type = type;
      field.offset = offset;
      offset += 8;
    }
    layout.size = offset;
    return layout;
  }

  kernel::FakeKernel kernel_;
};

TEST_F(ProbesTest, ProvidersHaveNamesAliasesAndAnyCase) {
  EXPECT_EQ(find_provider("kprobe"), find_provider("k"));
  EXPECT_EQ(find_provider("BEGIN"), find_provider("begin"));
  EXPECT_EQ(find_provider("ur")->kind(), image::ProviderKind::Uretprobe);
  EXPECT_EQ(find_provider("nothing"), nullptr);
  // An asyncwatchpoint is a watchpoint once its targets are known.
  for (const Provider *row : providers())
    EXPECT_EQ(&provider(row->kind()), row->name() == "asyncwatchpoint" ? find_provider("watchpoint") : row);
}

TEST_F(ProbesTest, UnknownProvidersGetASuggestion) {
  EXPECT_EQ(error("kprob:vfs_read"), "could not use kprob:vfs_read: there is no provider 'kprob'\n"
                                     "HINT: did you mean 'kprobe'?");
  EXPECT_THAT(error("zzz"), HasSubstr("HINT: providers are: begin, end, self"));
}

TEST_F(ProbesTest, BeginAndEndStandAlone) {
  EXPECT_THAT(names("BEGIN"), ElementsAre("begin"));
  EXPECT_THAT(names("end"), ElementsAre("end"));
  EXPECT_THAT(error("begin:now"), HasSubstr("'begin' takes no argument"));
}

TEST_F(ProbesTest, Rates) {
  auto second = match("interval:s:1");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at(0).name, "interval:s:1");
  EXPECT_EQ(second->at(0).period_ns, 1'000'000'000u);
  EXPECT_EQ(match("i:1s")->at(0).period_ns, 1'000'000'000u);
  EXPECT_EQ(match("i:500ms")->at(0).period_ns, 500'000'000u);
  EXPECT_EQ(match("i:1_000_000")->at(0).period_ns, 1'000'000u);
  EXPECT_EQ(match("p:us:100")->at(0).period_ns, 100'000u);
  EXPECT_EQ(match("p:ms:10")->at(0).period_ns, 10'000'000u);
  EXPECT_EQ(match("profile:hz:99")->at(0).frequency_hz, 99u);
  EXPECT_EQ(match("profile:hz:99")->at(0).period_ns, 0u);
}

TEST_F(ProbesTest, WrongRates) {
  EXPECT_EQ(error("interval:min:1"), "could not use interval:min:1: 'min' is not a unit of time\n"
                                     "HINT: write interval:s:N, interval:ms:N, interval:us:N or interval:hz:N, or a "
                                     "duration such as interval:1s");
  EXPECT_THAT(error("profile:hz:0"), HasSubstr("the rate is zero"));
  EXPECT_THAT(error("interval:s:-1"), HasSubstr("'-1' is not a positive whole number"));
  EXPECT_THAT(error("interval:s:"), HasSubstr("a number is missing"));
  EXPECT_THAT(error("interval"), HasSubstr("a number is missing"));
  EXPECT_THAT(error("profile:us:1"), HasSubstr("does not run more often than each 10us"));
  EXPECT_THAT(error("interval:s:99999999999999"), HasSubstr("longer than the kernel can wait"));
  EXPECT_THAT(error("interval:s:99999999999999999999999"), HasSubstr("is not a positive whole number"));
}

TEST_F(ProbesTest, SoftwareEvents) {
  EXPECT_EQ(match("software:page-faults:10")->at(0).count, 10u);
  EXPECT_EQ(match("s:faults")->at(0).count, 100u);
  EXPECT_EQ(match("s:cs:")->at(0).function, "cs");
  EXPECT_THAT(error("s:page-fault"), HasSubstr("HINT: did you mean 'page-faults'?"));
  EXPECT_THAT(error("s:cs:0"), HasSubstr("'0' is not a positive whole number"));
}

TEST_F(ProbesTest, HardwareEvents) {
  EXPECT_EQ(match("hardware:cycles:1000")->at(0).count, 1000u);
  EXPECT_EQ(match("h:cache-misses")->at(0).count, 1'000'000u);
  EXPECT_EQ(error("h:cache-mises"), "could not use hardware:cache-mises: there is no hardware event 'cache-mises'\n"
                                    "HINT: did you mean 'cache-misses'?");
  EXPECT_THAT(list("h:*cycles"),
              ElementsAre("hardware:bus-cycles:", "hardware:cpu-cycles:", "hardware:cycles:", "hardware:ref-cycles:"));
}

TEST_F(ProbesTest, RawTracepointsHaveTypedAndNumberedArguments) {
  kernel_.add_raw_tracepoint("sched_switch", {three_parameters(), Type::none()});
  kernel_.add_raw_tracepoint("sched_wakeup", {});
  EXPECT_THAT(names("rt:sched_*"), ElementsAre("rawtracepoint:sched_switch", "rawtracepoint:sched_wakeup"));
  EXPECT_THAT(names("rt:vmlinux:sched_switch"), ElementsAre("rawtracepoint:sched_switch"));
  EXPECT_THAT(error("rt:sched_swich"), HasSubstr("HINT: did you mean 'sched_switch'?"));
  EXPECT_THAT(error("rt:kvm:kvm_exit"), HasSubstr("not those of modules"));
  auto found = context("rt:sched_switch");
  ASSERT_TRUE(found && found->args);
  EXPECT_TRUE(found->has_numbered_args);
  EXPECT_EQ(found->args->layout->find("count")->offset, 16u);
  EXPECT_THAT(list("rt:sched_switch", true),
              ElementsAre("rawtracepoint:sched_switch", "    int32 fd", "    bool force", "    uint64 count"));
}

TEST_F(ProbesTest, FentryAndFexitKnowTypes) {
  kernel_.add_prototype("vfs_read", {three_parameters(), Type::int64()});
  kernel_.add_prototype("vfs_open", {{}, Type::none()});
  EXPECT_THAT(names("kfunc:vfs_*"), ElementsAre("fentry:vmlinux:vfs_open", "fentry:vmlinux:vfs_read"));
  EXPECT_THAT(names("fexit:vmlinux:vfs_read"), ElementsAre("fexit:vmlinux:vfs_read"));
  EXPECT_THAT(error("f:vfs_raed"), HasSubstr("HINT: did you mean 'vfs_read'?"));
  auto entry = context("f:vfs_read"), back = context("fr:vfs_read"), nothing = context("fr:vfs_open");
  ASSERT_TRUE(entry && back && nothing);
  EXPECT_FALSE(entry->has_retval || entry->has_numbered_args || nothing->has_retval);
  EXPECT_TRUE(back->has_retval);
  EXPECT_EQ(*back->result, Type::int64());
  EXPECT_EQ(back->result_offset, 24u);
}

TEST_F(ProbesTest, FentryReachesBpfPrograms) {
  kernel_.add_bpf_program(7, "count_packets");
  kernel_.add_bpf_program(12, "count_packets");
  kernel_.add_bpf_program(13, "drop");
  EXPECT_THAT(names("fentry:bpf:count_*"), ElementsAre("fentry:bpf:7:count_packets", "fentry:bpf:12:count_packets"));
  EXPECT_THAT(names("fexit:bpf:13:*"), ElementsAre("fexit:bpf:13:drop"));
  EXPECT_THAT(error("fentry:bpf:13:dorp"),
              HasSubstr("there is no loaded BPF program 'dorp'\nHINT: did you mean 'drop'?"));
  EXPECT_THAT(error("fentry:bpf:99:drop"), HasSubstr("there is no loaded BPF program 'drop'"));
  auto back = context("fexit:bpf:drop");
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->args || back->has_retval);
  EXPECT_THAT(list("fentry:bpf:*", true),
              ElementsAre("fentry:bpf:7:count_packets", "fentry:bpf:12:count_packets", "fentry:bpf:13:drop"));
}

TEST_F(ProbesTest, SystemCallsByTheFunctionsBehindThem) {
#if defined(__x86_64__)
  kernel_.add_function("__x64_sys_openat");
  kernel_.add_function("__x64_sys_open");
  EXPECT_THAT(names("ksyscall:open*"), ElementsAre("ksyscall:open", "ksyscall:openat"));
  EXPECT_EQ(match("kretsyscall:openat")->at(0).function, "__x64_sys_openat");
  EXPECT_THAT(error("ksyscall:opnat"),
              HasSubstr("the kernel has no system call 'opnat'\nHINT: did you mean 'openat'?"));
  EXPECT_THAT(error("ksyscall:zz*"), HasSubstr("no system call matches 'zz*'"));
  EXPECT_THAT(error("ksyscall:"), HasSubstr("the name of a system call is missing"));
  auto entry = context("ksyscall:openat"), back = context("kretsyscall:openat");
  ASSERT_TRUE(entry && back);
  EXPECT_EQ(entry->kind, ContextKind::SyscallWrapper);
  EXPECT_EQ(entry->most_numbered_args, 6u);
  EXPECT_TRUE(back->has_retval && !back->has_numbered_args);
  EXPECT_THAT(list("ksyscall:openat", true), ElementsAre("ksyscall:openat", "    int dfd", "    const char * filename",
                                                         "    int flags", "    umode_t mode"));
#endif
}

TEST_F(ProbesTest, ProbesThatAreRunByNameOrSignal) {
  auto target = match("self:signal:SIGUSR1")->at(0);
  EXPECT_EQ(target.name, "self:signal:SIGUSR1");
  EXPECT_EQ(target.count, static_cast<uint64_t>(SIGUSR1));
  EXPECT_THAT(error("self:signal:SIGUSR3"), HasSubstr("HINT: did you mean 'SIGUSR1'?"));
  EXPECT_THAT(error("self:signal:SIGKILL"), HasSubstr("'SIGKILL' is not a signal that a script can wait for"));
  EXPECT_THAT(error("self:SIGUSR1"), HasSubstr("HINT: write self:signal:NAME"));
  EXPECT_THAT(names("test:sums"), ElementsAre("test:sums"));
  EXPECT_THAT(error("test:"), HasSubstr("a test has a name of its own"));
  EXPECT_THAT(error("bench:*"), HasSubstr("HINT: write bench:NAME"));
  EXPECT_THAT(list("self:signal:SIGUSR*", false), ElementsAre("self:signal:SIGUSR1", "self:signal:SIGUSR2"));
}

TEST_F(ProbesTest, IteratorsAndWhatTheyHold) {
  kernel_.add_iterator("task");
  kernel_.add_iterator("task_file");
  auto layout = std::make_shared<StructLayout>();
  layout->name = "bpf_iter__task";
  layout->size = 16;
  for (const char *member : {"meta", "task"}) {
    Field field;
    field.name = member;
    field.type = Type::pointer(Type::structure(member == std::string("task") ? "task_struct" : "bpf_iter_meta"),
                               AddressSpace::Kernel);
    field.offset = member == std::string("task") ? 8 : 0;
    layout->fields.push_back(field);
  }
  kernel_.add_type(Type::structure("bpf_iter__task", layout));
  EXPECT_THAT(names("iter:task"), ElementsAre("iter:task"));
  EXPECT_THAT(error("it:tsk"), HasSubstr("the kernel has no iterator 'tsk'\nHINT: did you mean 'task'?"));
  EXPECT_THAT(error("it:*"), HasSubstr("the name of one iterator is needed"));
  EXPECT_THAT(list("iter:*", false), ElementsAre("iter:task", "iter:task_file"));
  EXPECT_THAT(list("iter:task", true),
              ElementsAre("iter:task", "    struct bpf_iter_meta * ctx.meta", "    struct task_struct * ctx.task"));
  ASSERT_TRUE(context("iter:task"));
  EXPECT_EQ(context("iter:task")->whole->name, "bpf_iter__task");
}

TEST_F(ProbesTest, WatchpointsAreWhatACpuCanWatch) {
  auto target = match("w:0x1000:8:rw")->at(0);
  EXPECT_EQ(target.address, 0x1000u);
  EXPECT_EQ(target.count, 8u);
  EXPECT_THAT(error("w:0x1000:8"), HasSubstr("an address, a length and a mode are needed"));
  EXPECT_THAT(error("w:main+arg0:8:w"), HasSubstr("name the process: -p or -c"));
  EXPECT_THAT(error("aw:main+arg6:8:w"), HasSubstr("arg6 is not in a register"));
  EXPECT_THAT(error("w:main:8:w"), HasSubstr("'main' is neither an address nor FUNCTION+argN"));
  EXPECT_THAT(error("w:0x1000:3:w"), HasSubstr("'3' is not a length that a CPU can watch"));
  EXPECT_THAT(error("w:0x1001:8:w"), HasSubstr("not a multiple of its 8 bytes"));
  EXPECT_THAT(error("w:0x1000:8:ww"), HasSubstr("'ww' is not a mode"));
  EXPECT_THAT(error("w:0x1000:8:wx"), HasSubstr("execution cannot be watched together"));
#if defined(__x86_64__)
  EXPECT_THAT(error("w:0x1000:8:r"), HasSubstr("HINT: rw watches both"));
#endif
}

TEST_F(ProbesTest, TypesAreListedLikeProbes) {
  EXPECT_THAT(list("struct pat*", false), ElementsAre("struct path"));
  EXPECT_THAT(list("struct path", true), ElementsAre("struct path {};"));
  EXPECT_THAT(list("enum pid_t*", false), ElementsAre("enum pid_type"));
  auto missing = list_probes("struct pathh", false, {kernel_, {}, false});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(), "could not list struct pathh: the kernel has no such type\n"
                                       "HINT: did you mean 'struct path'?");
}

TEST_F(ProbesTest, WhatTheKernelCannotProbeIsListedOnlyByName) {
  kernel_.remove_feature(kernel::Feature::Kprobes);
  auto listing = list_probes("*", false, {kernel_, {}, false});
  ASSERT_TRUE(listing);
  EXPECT_THAT(listing->left_out, ElementsAre("kprobe (CONFIG_KPROBES)", "ksyscall (CONFIG_KPROBES)"));
  EXPECT_THAT(listing->lines, Contains("tracepoint:sched:sched_switch"));
  EXPECT_THAT(listing->lines, Not(Contains("kprobe:vfs_read")));
  EXPECT_THAT(list("kprobe:vfs_r*"), ElementsAre("kprobe:vfs_read"));
  kernel_.remove_feature(kernel::Feature::Trampolines);
  EXPECT_THAT(list("*vfs_r*"), ElementsAre(HasSubstr("nothing matches, without what this kernel lacks: kprobe "
                                                     "(CONFIG_KPROBES), fentry (BPF trampolines), ksyscall")));
}

TEST_F(ProbesTest, TracepointsAndTheirWildcards) {
  EXPECT_THAT(names("t:sched:sched_switch"), ElementsAre("tracepoint:sched:sched_switch"));
  EXPECT_THAT(names("t:sys*:sys_enter_open*"),
              ElementsAre("tracepoint:syscalls:sys_enter_open", "tracepoint:syscalls:sys_enter_openat"));
  auto target = match("t:sched:sched_switch")->at(0);
  EXPECT_EQ(target.module, "sched");
  EXPECT_EQ(target.function, "sched_switch");
}

TEST_F(ProbesTest, MissingTracepoints) {
  EXPECT_EQ(error("tracepoint:syscalls:sys_enter_opn"),
            "could not use tracepoint:syscalls:sys_enter_opn: there is no tracepoint 'syscalls:sys_enter_opn'\n"
            "HINT: did you mean 'syscalls:sys_enter_open'?");
  EXPECT_THAT(error("t:shed:sched_swtch"), HasSubstr("did you mean 'sched:sched_switch'?"));
  EXPECT_THAT(error("t:no*:such*"), HasSubstr("no tracepoint matches 'no*:such*'"));
  EXPECT_THAT(error("t:sched"), HasSubstr("a tracepoint has a category and an event"));
  kernel_.fail_tracefs({"find", "tracefs", "it is not mounted", "mount it"});
  EXPECT_EQ(error("t:sched:sched_switch"), "could not find tracefs: it is not mounted\nHINT: mount it");
}

TEST_F(ProbesTest, TracepointArguments) {
  auto exec = context("t:sched:sched_process_exec");
  ASSERT_TRUE(exec && exec->args && exec->args->layout);
  EXPECT_EQ(exec->kind, ContextKind::TracepointRecord);
  EXPECT_EQ(exec->pointers, AddressSpace::Kernel);
  EXPECT_TRUE(exec->args->layout->find("filename")->is_data_loc);
  auto open = context("t:syscalls:sys_enter_openat");
  ASSERT_TRUE(open && open->args);
  EXPECT_EQ(open->pointers, AddressSpace::User);
  EXPECT_NE(*exec->args, *open->args);
}

TEST_F(ProbesTest, KernelFunctions) {
  EXPECT_THAT(names("k:vfs_read"), ElementsAre("kprobe:vfs_read"));
  EXPECT_THAT(names("kr:\"vfs_read\""), ElementsAre("kretprobe:vfs_read"));
  EXPECT_THAT(names("kprobe:vfs_*"), ElementsAre("kprobe:vfs_open", "kprobe:vfs_read", "kprobe:vfs_write"));
  EXPECT_THAT(names("kprobe:nf_tables:nft_*"), ElementsAre("kprobe:nf_tables:nft_do_chain"));
  EXPECT_THAT(names("kprobe:nf_*:*"), ElementsAre("kprobe:nf_tables:nft_do_chain"));
  EXPECT_THAT(names("kprobe:vmlinux:vfs_read"), ElementsAre("kprobe:vmlinux:vfs_read"));
  EXPECT_THAT(names("k:vfs_read+0x10"), ElementsAre("kprobe:vfs_read+16"));
  EXPECT_EQ(match("k:vfs_read+0x10")->at(0).offset, 16u);
  EXPECT_EQ(match("k:0xffffffff81001000", true)->at(0).address, 0xffffffff81001000u);
}

TEST_F(ProbesTest, FunctionsOfOneNameCountOnce) {
  kernel_.add_function("vfs_read", "copycat");
  EXPECT_THAT(names("k:vfs_read"), ElementsAre("kprobe:vfs_read"));
  EXPECT_THAT(names("k:*:vfs_read"), ElementsAre("kprobe:vmlinux:vfs_read", "kprobe:copycat:vfs_read"));
}

TEST_F(ProbesTest, WrongKernelFunctions) {
  EXPECT_EQ(error("kprobe:vfs_raed"), "could not use kprobe:vfs_raed: there is no function 'vfs_raed' in the kernel\n"
                                      "HINT: did you mean 'vfs_read'?");
  EXPECT_THAT(error("kprobe:no_such_*"), HasSubstr("no function of the kernel matches 'no_such_*'"));
  EXPECT_THAT(error("kprobe:nf_tables:vfs_read"), HasSubstr("no function 'vfs_read' in kernel module nf_tables"));
  EXPECT_THAT(error("kprobe:ext4:vfs_read"), HasSubstr("no kernel module 'ext4' with functions is loaded"));
  EXPECT_THAT(error("fentry:ext4:vfs_read"), HasSubstr("no kernel module 'ext4' with functions is loaded"));
  EXPECT_THAT(error("kprobe:"), HasSubstr("the name of a function is missing"));
  EXPECT_THAT(error("kprobe:vfs_read+x"), HasSubstr("'x' is not an offset in bytes"));
  EXPECT_THAT(error("kprobe:vfs_*+4"), HasSubstr("an offset and a wildcard do not go together"));
  EXPECT_THAT(error("kretprobe:vfs_read+4"), HasSubstr("set on a whole function"));
  EXPECT_THAT(error("kprobe:0xffffffff81001000"), HasSubstr("HINT: pass --unsafe to allow it"));
}

TEST_F(ProbesTest, FunctionContexts) {
  auto entry = context("k:vfs_read"), inside = context("k:vfs_read+4"), back = context("kr:vfs_read");
  ASSERT_TRUE(entry && inside && back);
  EXPECT_TRUE(entry->has_numbered_args && entry->has_function && !entry->has_retval);
  EXPECT_FALSE(inside->has_numbered_args);
  EXPECT_TRUE(back->has_retval && !back->has_numbered_args);
  EXPECT_EQ(entry->pointers, AddressSpace::Kernel);
  EXPECT_EQ(context("u:" + self() + ":sonde_probes_test_one")->pointers, AddressSpace::User);
  EXPECT_EQ(context("profile:hz:1")->kind, ContextKind::PerfEvent);
}

TEST_F(ProbesTest, UserFunctions) {
  auto target = match("u:" + self() + ":sonde_probes_test_one");
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->at(0).name, "uprobe:" + self() + ":sonde_probes_test_one");
  EXPECT_EQ(target->at(0).module, self());
  EXPECT_EQ(target->at(0).function, "sonde_probes_test_one");
  EXPECT_GT(target->at(0).offset, 0u);
  EXPECT_THAT(names("ur:\"" + self() + "\":\"sonde_probes_test_one\""),
              ElementsAre("uretprobe:" + self() + ":sonde_probes_test_one"));
}

TEST_F(ProbesTest, AliasesOfOnePlaceCountOnceInWildcards) {
  EXPECT_THAT(
      names("u:" + self() + ":sonde_probes_test_*"),
      ElementsAre("uprobe:" + self() + ":sonde_probes_test_one", "uprobe:" + self() + ":sonde_probes_test_two"));
  EXPECT_THAT(names("u:" + self() + ":*test_zwei"), ElementsAre("uprobe:" + self() + ":sonde_probes_test_zwei"));
}

TEST_F(ProbesTest, PathsHaveWildcardsToo) {
  std::string pattern = self();
  pattern.replace(pattern.rfind('/') + 1, 2, "*");
  EXPECT_THAT(names("u:" + pattern + ":sonde_probes_test_one"),
              ElementsAre("uprobe:" + self() + ":sonde_probes_test_one"));
  EXPECT_THAT(error("u:/no/such/*:main"), HasSubstr("could not find binary '/no/such/*': no file matches"));
}

TEST_F(ProbesTest, WrongUserFunctions) {
  EXPECT_EQ(error("u:" + self() + ":sonde_probes_test_onee"),
            "could not use uprobe:" + self() +
                ":sonde_probes_test_onee: there is no function 'sonde_probes_test_onee' in " + self() +
                "\nHINT: did you mean 'sonde_probes_test_one'?");
  EXPECT_THAT(error("u:" + self() + ":no_such_*"), HasSubstr("matches 'no_such_*'"));
  EXPECT_THAT(error("u:/no/such:main"), HasSubstr("could not find binary '/no/such': No such file or directory"));
  EXPECT_THAT(error("u:/tmp:main"), HasSubstr("it is a directory"));
  EXPECT_THAT(error("u:/etc/passwd:main"), HasSubstr("it is not an ELF file"));
  EXPECT_THAT(error("u:bash"), HasSubstr("a binary and a function in it are needed"));
  EXPECT_THAT(error("u:" + self() + ":1"), HasSubstr("address 0x1 is outside"));
  EXPECT_THAT(error("u:" + self() + ":sonde_probes_test_one+99999"), HasSubstr("the offset is past the end of"));
  EXPECT_THAT(error("ur:" + self() + ":sonde_probes_test_one+4"), HasSubstr("set on a whole function"));
}

#if defined(__x86_64__)
// push %rbp; mov %rsp,%rbp; pop %rbp; ret
asm(".pushsection .text.sonde_probes_code,\"axR\",@progbits\n.globl sonde_probes_code\n.type sonde_probes_code, "
    "@function\n"
    "sonde_probes_code:\n.byte 0x55, 0x48, 0x89, 0xe5, 0x5d, 0xc3\n"
    ".size sonde_probes_code, . - sonde_probes_code\n.popsection\n");

TEST_F(ProbesTest, OffsetsInsideAnInstructionAreRefused) {
  std::string function = "uprobe:" + self() + ":sonde_probes_code";
  EXPECT_THAT(names(function + "+1"), ElementsAre(function + "+1"));
  EXPECT_THAT(error(function + "+2"), HasSubstr("sonde_probes_code+2 is in the middle of an instruction"));
  EXPECT_THAT(names(function + "+2", true), ElementsAre(function + "+2"));
}
#endif

TEST_F(ProbesTest, Listing) {
  EXPECT_THAT(list("interval:*"), ElementsAre("interval:hz:", "interval:ms:", "interval:s:", "interval:us:"));
  EXPECT_THAT(list("software:*faults"),
              ElementsAre("software:alignment-faults:", "software:emulation-faults:", "software:faults:",
                          "software:major-faults:", "software:minor-faults:", "software:page-faults:"));
  EXPECT_THAT(list("t:sched:*"), ElementsAre("tracepoint:sched:sched_process_exec", "tracepoint:sched:sched_switch"));
  EXPECT_EQ(list("t:*"), list("tracepoint"));
  EXPECT_EQ(list("t:*").size(), 7u);
  EXPECT_THAT(list("k:vfs_r*"), ElementsAre("kprobe:vfs_read"));
  EXPECT_THAT(list("k:nf_tables:*"), ElementsAre("kprobe:nf_tables:nft_do_chain"));
  EXPECT_THAT(list("*nanosleep*"), ElementsAre("tracepoint:syscalls:sys_enter_nanosleep", "kprobe:do_nanosleep"));
  EXPECT_THAT(list("k*:vfs_read"), ElementsAre("kprobe:vfs_read", "kretprobe:vfs_read"));
  EXPECT_THAT(list("u:" + self() + ":sonde_probes_test_o*"),
              ElementsAre("uprobe:" + self() + ":sonde_probes_test_one"));
  EXPECT_THAT(list("t:no:such"), IsEmpty());
  EXPECT_THAT(list("zzz:x")[0], HasSubstr("there is no provider 'zzz'"));
  std::vector<std::string> everything = list("");
  EXPECT_EQ(everything.front(), "begin");
  EXPECT_THAT(everything, ::testing::Contains("kprobe:vfs_read"));
}

TEST_F(ProbesTest, VerboseListingShowsArguments) {
  EXPECT_THAT(list("t:syscalls:sys_enter_openat", true),
              ElementsAre("tracepoint:syscalls:sys_enter_openat", "    int __syscall_nr", "    int dfd",
                          "    const char * filename", "    int flags", "    umode_t mode"));
}

// A group link that refuses every group with the target "bad" in it.
class GroupsTest : public ProbesTest {
protected:
  GroupsTest() {
    for (const char *name : {"a", "b", "bad", "c", "d"})
      targets_.emplace_back().name = name;
    for (const image::Target &target : targets_)
      pointers_.push_back(&target);
  }
  Result<Attachments> attach_group(std::span<const image::Target *const> group, int error_number) {
    for (const image::Target *target : group)
      if (target->name == "bad")
        return Error{"attach to", group.front()->name, "no", {}, error_number};
    attached_ += group.size();
    Attachments one;
    one.push_back(std::make_unique<Attachment>());
    return one;
  }

  std::vector<image::Target> targets_;
  std::vector<const image::Target *> pointers_;
  size_t attached_ = 0;
};

TEST_F(GroupsTest, ARefusedGroupNamesTheTargetThatSpoiltIt) {
  auto result = attach_in_groups(pointers_, [&](auto group) { return attach_group(group, EINVAL); }, {kernel_, {}, {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().object, "bad");
}

TEST_F(GroupsTest, GatheredRefusalsLeaveTheOthersAttached) {
  std::vector<Error> refused;
  auto result = attach_in_groups(pointers_, [&](auto group) { return attach_group(group, EINVAL); },
                                 {kernel_, {}, {}, false, false, &refused});
  ASSERT_TRUE(result);
  EXPECT_EQ(attached_, 4u);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].object, "bad");
}

TEST_F(GroupsTest, ARefusalOfEverythingCountsForEachTarget) {
  std::vector<Error> refused;
  auto result = attach_in_groups(pointers_, [&](auto group) { return attach_group(group, EPERM); },
                                 {kernel_, {}, {}, false, false, &refused});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->empty());
  ASSERT_EQ(refused.size(), 5u);
  EXPECT_EQ(refused[3].object, "c");
}

TEST_F(GroupsTest, OneByOneTheFirstRefusalEndsItUnlessGathered) {
  auto attach_one = [&](const image::Target &target) {
    const image::Target *one[] = {&target};
    return attach_group(one, EINVAL);
  };
  EXPECT_FALSE(attach_each(targets_, attach_one, {kernel_, {}, {}}));
  EXPECT_EQ(attached_, 2u);
  std::vector<Error> refused;
  auto result = attach_each(targets_, attach_one, {kernel_, {}, {}, false, false, &refused});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->size(), 4u);
  EXPECT_EQ(refused.size(), 1u);
}

TEST_F(GroupsTest, RefusalsOfEverythingAreNotSearched) {
  size_t calls = 0;
  auto result =
      attach_in_groups(pointers_, [&](auto group) { return ++calls, attach_group(group, EPERM); }, {kernel_, {}, {}});
  EXPECT_FALSE(result);
  EXPECT_EQ(calls, 1u);
}

}  // namespace
}  // namespace sonde::probes
