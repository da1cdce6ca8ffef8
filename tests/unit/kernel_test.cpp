// The parsers of the kernel's files, on literals; its BTF, on bytes made here and on this machine's.
#include "kernel/kernel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "kernel/btf.h"
#include "kernel/cpu_list.h"
#include "kernel/fake_kernel.h"
#include "kernel/kernel_functions.h"
#include "kernel/preemption.h"
#include "kernel/rights.h"
#include "kernel/tracefs.h"
#include "kernel/tracepoint_format.h"

namespace sonde::kernel {
namespace {

TEST(CpuList, RangesAndSingles) {
  EXPECT_EQ(parse_cpu_list("0-3,5\n"), (std::vector<uint32_t>{0, 1, 2, 3, 5}));
  EXPECT_EQ(parse_cpu_list("0\n"), (std::vector<uint32_t>{0}));
  EXPECT_TRUE(parse_cpu_list("\n").empty());
  EXPECT_TRUE(parse_cpu_list("x-3").empty());
  EXPECT_TRUE(parse_cpu_list("0-99999999999").empty());
}

TEST(Tracefs, AvailableEventsAreMatchedAndSorted) {
  const char *text = "syscalls:sys_exit_open\nsched:sched_switch\nsyscalls:sys_enter_open\nnot an event\n";
  auto all = parse_available_events(text, "*", "*");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].event, "sched_switch");
  EXPECT_EQ(all[1].event, "sys_enter_open");
  auto some = parse_available_events(text, "sys*", "*exit*");
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].category, "syscalls");
}

std::string describe(const TracepointFormat &format) {
  std::string out;
  for (const Field &field : format.arguments.fields)
    out += to_string(field.type) + " " + field.name + " @" + std::to_string(field.offset) +
           (field.is_data_loc ? " data_loc" : "") + "\n";
  return out;
}

constexpr const char *kFormat = "name: an_event\n"
                                "ID: 372\n"
                                "format:\n"
                                "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
                                "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
                                "\n"
                                "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
                                "\tfield:long state;\toffset:24;\tsize:8;\tsigned:1;\n"
                                "\tfield:__data_loc char[] filename;\toffset:32;\tsize:4;\tsigned:0;\n"
                                "\tfield:const char *const * argv;\toffset:40;\tsize:8;\tsigned:0;\n"
                                "\tfield:struct xfs_trans * trans;\toffset:48;\tsize:8;\tsigned:0;\n"
                                "\tfield:enum zone_type zone;\toffset:56;\tsize:4;\tsigned:0;\n"
                                "\tfield:unsigned long args[6];\toffset:64;\tsize:48;\tsigned:0;\n"
                                "\tfield:bool done;\toffset:112;\tsize:1;\tsigned:0;\n"
                                "\tfield:some_unknown_t value;\toffset:114;\tsize:2;\tsigned:1;\n"
                                "\tfield:__data_loc u64[] words;\toffset:116;\tsize:4;\tsigned:0;\n"
                                "\tfield:u8 mac[ETH_ALEN];\toffset:120;\tsize:6;\tsigned:0;\n"
                                "\n"
                                "print fmt: \"field:%d;\", REC->state\n";

TEST(TracepointFormat, FieldsHaveTheirTypesAndPlaces) {
  auto format = parse_tracepoint_format("some", "an_event", kFormat);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->id, 372u);
  EXPECT_EQ(describe(*format), "int8[16] comm @8\n"
                               "int64 state @24\n"
                               "int8 * filename @32 data_loc\n"
                               "int8 * * argv @40\n"
                               "struct xfs_trans * trans @48\n"
                               "uint32 zone @56\n"
                               "uint64[6] args @64\n"
                               "bool done @112\n"
                               "int16 value @114\n"
                               "uint64 * words @116 data_loc\n"
                               "uint8[6] mac @120\n");
  EXPECT_EQ(format->arguments.size, 126u);
  ASSERT_EQ(format->declarations.size(), 11u);
  EXPECT_EQ(format->declarations[3], "const char *const * argv");
}

TEST(TracepointFormat, SyscallSlotsHaveTheArgumentsOwnWidth) {
  FakeKernel kernel;
  auto format = kernel.tracepoint_format("syscalls", "sys_enter_openat");
  ASSERT_TRUE(format);
  EXPECT_EQ(describe(*format), "int32 __syscall_nr @8\n"
                               "int32 dfd @16\n"
                               "int8 * filename @24\n"
                               "int32 flags @32\n"
                               "uint16 mode @40\n");
  EXPECT_EQ(format->arguments.find("filename")->type.space, AddressSpace::User);
}

TEST(TracepointFormat, OtherTextIsRefused) {
  EXPECT_FALSE(parse_tracepoint_format("a", "b", ""));
  EXPECT_FALSE(parse_tracepoint_format("a", "b", "name: b\nformat:\n\tfield:int x;\toffset:8;\tsize:4;\n"));
  auto damaged =
      parse_tracepoint_format("a", "b", "name: b\nID: 1\n\tfield:int x;\toffset:;\n\tfield:;offset:1;size:4\n");
  ASSERT_TRUE(damaged);
  EXPECT_TRUE(damaged->arguments.fields.empty());
}

TEST(KernelFunctions, FilterFunctions) {
  auto functions = parse_filter_functions("vfs_read\n__ftrace_invalid_address___12\nnft_do_chain [nf_tables]\n");
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[1].name, "nft_do_chain");
  EXPECT_EQ(functions[1].module, "nf_tables");
}

constexpr const char *kKallsyms = "ffffffff81000000 T _text\n"
                                  "ffffffff81001000 t vfs_read\n"
                                  "ffffffff81001010 t vfs_read.cold\n"
                                  "ffffffff81002000 D jiffies\n"
                                  "ffffffff81003000 T __pfx_vfs_read\n"
                                  "ffffffff81004000 T kprobe_blocked\n"
                                  "0000000000000000 T hidden\n"
                                  "ffffffffc0001000 t nft_do_chain\t[nf_tables]\n"
                                  "garbage\n";

TEST(KernelFunctions, KallsymsTextSymbolsOutsideTheBlacklist) {
  auto blacklist = parse_blacklist("0xffffffff81004000-0xffffffff81004010\tkprobe_blocked\n");
  auto functions = parse_kallsyms_functions(kKallsyms, blacklist);
  std::vector<std::string> names;
  for (const auto &function : functions)
    names.push_back(std::string(function.module) + ":" + std::string(function.name));
  EXPECT_EQ(names, (std::vector<std::string>{":_text", ":vfs_read", ":hidden", "nf_tables:nft_do_chain"}));
}

TEST(KernelFunctions, KallsymsAddresses) {
  EXPECT_EQ(find_kallsyms_address(kKallsyms, "jiffies"), 0xffffffff81002000u);
  EXPECT_EQ(find_kallsyms_address(kKallsyms, "vfs_read"), 0xffffffff81001000u);
  EXPECT_EQ(find_kallsyms_address(kKallsyms, "nft_do_chain"), 0xffffffffc0001000u);
  EXPECT_FALSE(find_kallsyms_address(kKallsyms, "vfs"));
  EXPECT_FALSE(find_kallsyms_address(kKallsyms, "hidden"));
}

TEST(KernelFunctions, KallsymsSizes) {
  constexpr std::string_view kSizes = "ffffffff81000010 t two\n"
                                      "ffffffff81000100 T one\n"
                                      "ffffffff81000100 T one_alias\n"
                                      "ffffffff81000140 t __pfx_last\n"
                                      "ffffffffc0000000 t two\t[other]\n"
                                      "ffffffffc0000004 t end\t[other]\n"
                                      "0000000000000000 t hidden\n";
  EXPECT_EQ(find_kallsyms_size(kSizes, "", "one"), 0x40u);
  EXPECT_EQ(find_kallsyms_size(kSizes, "", "two"), 0xf0u);
  EXPECT_EQ(find_kallsyms_size(kSizes, "other", "two"), 4u);
  EXPECT_EQ(find_kallsyms_size(kSizes, "vmlinux", "two"), 0xf0u);
  EXPECT_FALSE(find_kallsyms_size(kSizes, "", "end"));
  EXPECT_FALSE(find_kallsyms_size(kSizes, "", "hidden"));
}

// Writes BTF as the kernel's Documentation/bpf/btf.rst lays it out.
class BtfWriter {
public:
  uint32_t add(uint32_t kind, const std::string &name, uint32_t size_or_type, std::vector<uint32_t> tail = {},
               uint32_t length = 0, bool flag = false) {
    types_.push_back(name_offset(name));
    types_.push_back((flag ? 1u << 31 : 0) | kind << 24 | length);
    types_.push_back(size_or_type);
    types_.insert(types_.end(), tail.begin(), tail.end());
    return ++count_;
  }
  uint32_t name_offset(const std::string &name) {
    if (name.empty())
      return 0;
    size_t found = strings_.find('\0' + name + '\0');
    if (found != std::string::npos)
      return static_cast<uint32_t>(found + 1);
    auto offset = static_cast<uint32_t>(strings_.size());
    strings_ += name + '\0';
    return offset;
  }
  std::string bytes() const {
    uint32_t type_size = static_cast<uint32_t>(types_.size() * 4);
    const uint32_t header[] = {0x0001eb9f, 24, 0, type_size, type_size, static_cast<uint32_t>(strings_.size())};
    std::string out(reinterpret_cast<const char *>(header), sizeof header);
    out.append(reinterpret_cast<const char *>(types_.data()), type_size);
    return out + strings_;
  }

private:
  std::vector<uint32_t> types_;
  std::string strings_ = std::string(1, '\0');
  uint32_t count_ = 0;
};

enum : uint32_t {
  kInt = 1,
  kPtr,
  kArray,
  kStruct,
  kUnion,
  kEnum,
  kFwd,
  kTypedef,
  kVolatile,
  kConst,
  kFunc = 12,
  kProto = 13,
  kEnum64 = 19
};

TEST(Btf, StructsWithEveryKindOfMember) {
  BtfWriter writer;
  uint32_t int32 = writer.add(kInt, "int", 4, {1 << 24 | 32});
  uint32_t uint64 = writer.add(kInt, "unsigned long", 8, {64});
  uint32_t character = writer.add(kInt, "char", 1, {8});
  uint32_t boolean = writer.add(kInt, "_Bool", 1, {4 << 24 | 8});
  uint32_t name = writer.add(kArray, "", 0, {character, int32, 16});
  uint32_t row = writer.add(kArray, "", 0, {int32, int32, 3});
  uint32_t matrix = writer.add(kArray, "", 0, {row, int32, 2});
  uint32_t inner =
      writer.add(kUnion, "", 8, {writer.name_offset("a"), uint64, 0, writer.name_offset("b"), int32, 0}, 2);
  uint32_t alias = writer.add(kTypedef, "my_t", uint64);
  uint32_t constant = writer.add(kConst, "", alias);
  uint32_t self = constant + 3;
  uint32_t pointer = writer.add(kPtr, "", self);
  uint32_t proto = writer.add(kProto, "", 0);
  auto member = [&](const char *field, uint32_t type, uint32_t bits, uint32_t width = 0) {
    return std::vector<uint32_t>{writer.name_offset(field), type, width << 24 | bits};
  };
  std::vector<uint32_t> tail;
  for (auto &part : {member("value", constant, 0), member("name", name, 64), member("", inner, 192),
                     member("next", pointer, 256), member("low", int32, 320, 3), member("high", int32, 349, 7),
                     member("ok", boolean, 384), member("m", matrix, 416)})
    tail.insert(tail.end(), part.begin(), part.end());
  ASSERT_EQ(writer.add(kStruct, "thing", 80, tail, 8, true), self);
  writer.add(kFunc, "thing_open", proto);

  auto btf = parse_btf(writer.bytes());
  ASSERT_TRUE(btf);
  auto type = btf->find_type("thing");
  ASSERT_TRUE(type && type->layout);
  EXPECT_EQ(type->size, 80u);
  const auto &fields = type->layout->fields;
  ASSERT_EQ(fields.size(), 8u);
  EXPECT_EQ(to_string(fields[0].type), "uint64");
  EXPECT_EQ(to_string(fields[1].type), "int8[16]");
  EXPECT_EQ(fields[1].offset, 8u);
  EXPECT_TRUE(fields[2].name.empty() && fields[2].type.layout && fields[2].type.layout->is_union);
  EXPECT_EQ(type->layout->find("b")->offset, 24u);
  EXPECT_EQ(to_string(fields[3].type), "struct thing *");
  EXPECT_EQ(fields[3].type.space, AddressSpace::Kernel);
  EXPECT_FALSE(fields[3].type.element->layout);
  EXPECT_EQ(fields[4].offset, 40u);
  EXPECT_EQ(fields[4].bit_offset, 0u);
  EXPECT_EQ(fields[4].bit_width, 3u);
  // Bits 349 to 355 straddle two ints: the storage unit is eight bytes wide.
  EXPECT_EQ(fields[5].type.size, 8u);
  EXPECT_EQ(fields[5].offset * 8 + fields[5].bit_offset, 349u);
  EXPECT_EQ(to_string(fields[6].type), "bool");
  EXPECT_EQ(fields[7].type.size, 24u);
  EXPECT_EQ(btf->find_function("thing_open"), "thing_open");
  EXPECT_FALSE(btf->find_function("thing"));
  EXPECT_FALSE(btf->find_type("thin"));
  EXPECT_FALSE(btf->find_type("union thing"));
  EXPECT_EQ(to_string(*btf->find_type("my_t")), "uint64");
}

// The ids and the strings of a module's BTF go on where those of vmlinux end.
TEST(Btf, ModulesBuildOnTheKernel) {
  BtfWriter kernel;
  uint32_t integer = kernel.add(kInt, "int", 4, {1 << 24 | 32});
  kernel.add(kFunc, "vfs_thing", kernel.add(kProto, "", integer));
  auto base = parse_btf(kernel.bytes());
  ASSERT_TRUE(base);

  uint32_t strings = static_cast<uint32_t>(kernel.bytes().size()) - 24 - 4 * (4 + 3 + 3);
  std::string names = std::string("module_open") + '\0' + "count" + '\0';
  const uint32_t types[] = {0,       kProto << 24 | 1, integer, strings + 12, integer,  // int (*)(int count)
                            strings, kFunc << 24,      4};
  const uint32_t header[] = {0x0001eb9f, 24, 0, sizeof types, sizeof types, static_cast<uint32_t>(names.size())};
  std::string bytes(reinterpret_cast<const char *>(header), sizeof header);
  bytes.append(reinterpret_cast<const char *>(types), sizeof types);
  auto module = parse_btf(bytes + names, base.get());
  ASSERT_TRUE(module);
  EXPECT_EQ(module->function_names(), (std::vector<std::string_view>{"module_open"}));
  EXPECT_EQ(module->find_function("module_open"), "module_open");
  EXPECT_FALSE(module->find_function("vfs_thing")) << "that one is the kernel's";
  auto prototype = module->function_prototype("module_open");
  ASSERT_TRUE(prototype);
  EXPECT_EQ(to_string(prototype->result), "int32");
  ASSERT_TRUE(prototype->parameters.find("count"));
  EXPECT_EQ(to_string(prototype->parameters.find("count")->type), "int32");
}

TEST(Btf, Enumerations) {
  BtfWriter writer;
  uint32_t minus_one = 0xffffffff;
  writer.add(kEnum, "small", 4, {writer.name_offset("OFF"), 0, writer.name_offset("BAD"), minus_one}, 2, true);
  writer.add(kEnum64, "large", 8, {writer.name_offset("BIG"), 1, 1}, 1);
  auto btf = parse_btf(writer.bytes());
  ASSERT_TRUE(btf);
  auto small = btf->find_type("enum small");
  ASSERT_TRUE(small && small->enumerators);
  EXPECT_EQ(small->enumerators->at(1).value, -1);
  auto large = btf->find_type("large");
  ASSERT_TRUE(large && large->enumerators);
  EXPECT_EQ(large->size, 8u);
  EXPECT_EQ(large->enumerators->at(0).value, (int64_t{1} << 32) + 1);
  EXPECT_EQ(btf->find_enum_with("BAD"), small);
  EXPECT_EQ(btf->find_enum_with("BIG"), large);
  EXPECT_FALSE(btf->find_enum_with("small"));
  EXPECT_FALSE(btf->find_enum_with("NONE"));
}

TEST(Btf, DamagedBytesAreRefusedOrSurvived) {
  BtfWriter writer;
  uint32_t self = 1;
  writer.add(kTypedef, "loop", self);
  writer.add(kPtr, "", 999);
  writer.add(kArray, "", 0, {3, 3, 0xffffffff});
  writer.add(kStruct, "s", 8, {writer.name_offset("x"), 3, 0, 0xfffffff0, 2, 0}, 2);
  std::string bytes = writer.bytes();
  auto btf = parse_btf(bytes);
  ASSERT_TRUE(btf);
  EXPECT_TRUE(btf->find_type("loop")->is_none());
  EXPECT_TRUE(btf->find_type("s"));
  EXPECT_FALSE(parse_btf(""));
  EXPECT_FALSE(parse_btf(std::string(64, '\0')));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_btf(bytes.substr(0, size))) << size;
}

// ---- Rights ----

TEST(Rights, LockdownIsTheWordInBrackets) {
  EXPECT_EQ(parse_lockdown("[none] integrity confidentiality\n"), "");
  EXPECT_EQ(parse_lockdown("none [integrity] confidentiality\n"), "integrity");
  EXPECT_EQ(parse_lockdown("garbage"), "");
}

TEST(Rights, PerfEventsMayBeLeftToAdministrators) {
  constexpr const char *kTracer = "CapEff:\t000000c000000000\n", *kRoot = "CapEff:\t000001ffffffffff\n";
  EXPECT_TRUE(may_open_perf_events(kTracer, "2\n"));
  EXPECT_TRUE(may_open_perf_events(kTracer, "-1\n"));
  EXPECT_FALSE(may_open_perf_events(kTracer, "3\n"));
  EXPECT_TRUE(may_open_perf_events(kRoot, "4\n"));
  EXPECT_NE(explain_not_attached({true, "", false}).cause.find("perf_event_paranoid"), std::string::npos);
  EXPECT_NE(explain_not_attached({false, "", false}).hint.find("CAP_BPF"), std::string::npos);
}

TEST(Rights, ProgramsAreLoadedByRootOrTwoCapabilities) {
  EXPECT_TRUE(may_load_programs("Name:\tx\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n"));
  EXPECT_TRUE(may_load_programs("CapEff:\t000000c000000000\n"));   // CAP_PERFMON and CAP_BPF
  EXPECT_FALSE(may_load_programs("CapEff:\t0000008000000000\n"));  // CAP_BPF alone
  EXPECT_FALSE(may_load_programs("CapEff:\t0000000000000000\nCapBnd:\t000001ffffffffff\n"));
  EXPECT_FALSE(may_load_programs(""));
}

TEST(RunningKernel, TaskStruct) {
  if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
    GTEST_SKIP() << "this kernel has no BTF";
  auto type = open_running_kernel()->type("task_struct");
  ASSERT_TRUE(type && *type && (*type)->layout) << (type ? "no task_struct" : type.error().message());
  const StructLayout &layout = *(*type)->layout;
  const Field *pid = layout.find("pid"), *tgid = layout.find("tgid"), *comm = layout.find("comm");
  ASSERT_TRUE(pid && tgid && comm);
  EXPECT_EQ(to_string(pid->type), "int32");
  EXPECT_EQ(tgid->offset, pid->offset + 4);
  EXPECT_EQ(to_string(comm->type), "int8[16]");
  EXPECT_LT(comm->offset, layout.size);
  EXPECT_EQ(to_string(layout.find("real_parent")->type), "struct task_struct *");
}

TEST(RunningKernel, AnswersOncePerQuestion) {
  auto kernel = open_running_kernel();
  EXPECT_GE(kernel->version().major, 4u);
  EXPECT_FALSE(kernel->online_cpus().empty());
  EXPECT_GE(kernel->possible_cpu_count(), kernel->online_cpus().size());
  EXPECT_EQ(kernel->has(Feature::AttachCookie), kernel->has(Feature::AttachCookie));
}

TEST(FakeKernel, AnswersFromItsLiterals) {
  FakeKernel kernel;
  EXPECT_EQ(kernel.tracepoints("syscalls", "sys_enter_*")->size(), 3u);
  EXPECT_EQ(kernel.functions("", "vfs_*")->size(), 3u);
  EXPECT_EQ(kernel.functions("nf_*", "*")->size(), 1u);
  EXPECT_TRUE(*kernel.type("struct task_struct"));
  EXPECT_FALSE(*kernel.type("nothing"));
  EXPECT_TRUE(kernel.symbol_address("vfs_read"));
  kernel.fail_tracefs({"read", "tracefs", "Permission denied", "run as root"});
  EXPECT_FALSE(kernel.tracepoints("*", "*"));
}

TEST(Preemption, is_what_the_kernel_was_told_last) {
  constexpr std::string_view kDynamic = "#1 SMP PREEMPT_DYNAMIC Debian 7.2.13-1";
  constexpr std::string_view kNone = "CONFIG_HZ=250\nCONFIG_PREEMPT_NONE=y\n# CONFIG_PREEMPT is not set\n";
  EXPECT_FALSE(is_preemptible({.built = "#1 SMP Debian 5.10.223-1"}));
  EXPECT_TRUE(is_preemptible({.built = "#1 SMP PREEMPT_RT Debian 6.1.128-1"}));
  EXPECT_TRUE(is_preemptible({.built = kDynamic}));
  EXPECT_FALSE(is_preemptible({.built = kDynamic, .config = kNone}));
  EXPECT_TRUE(
      is_preemptible({.built = kDynamic, .config = "A=y\n# CONFIG_PREEMPT_NONE is not set\nCONFIG_PREEMPT_LAZY=y\n"}));
  EXPECT_TRUE(is_preemptible({.built = kDynamic, .command_line = "quiet preempt=full\n", .config = kNone}));
  EXPECT_FALSE(is_preemptible({.built = kDynamic, .command_line = "preempt=full preempt=voluntary"}));
  EXPECT_TRUE(
      is_preemptible({.built = kDynamic, .mode = "none voluntary full (lazy)", .command_line = "preempt=none"}));
  EXPECT_FALSE(is_preemptible({.built = kDynamic, .mode = "(none) voluntary full lazy"}));
}

}  // namespace
}  // namespace sonde::kernel
