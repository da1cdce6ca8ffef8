// Values as text, from recorded bytes.
#include "runtime/format_value.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "fake_surroundings.h"
#include "runtime/clock.h"
#include "runtime/kernel_symbols.h"

namespace sonde::runtime {
namespace {

class FormatValue : public testing::Test {
protected:
  std::string text(const Type &type, const std::vector<uint8_t> &bytes) {
    EXPECT_EQ(bytes.size(), type.size);
    std::string out;
    append_value(out, type, bytes.data(), fake.around);
    return out;
  }
  std::string key(const Type &type, const std::vector<uint8_t> &bytes) {
    std::string out;
    append_key(out, type, bytes.data(), fake.around);
    return out;
  }
  FakeSurroundings fake;
};

TEST_F(FormatValue, IntegersByWidthAndSign) {
  EXPECT_EQ(text(Type::integer(8, true), bytes_of(int8_t{-1})), "-1");
  EXPECT_EQ(text(Type::integer(8, false), bytes_of(uint8_t{255})), "255");
  EXPECT_EQ(text(Type::integer(16, true), bytes_of(int16_t{-300})), "-300");
  EXPECT_EQ(text(Type::integer(32, false), bytes_of(uint32_t{4000000000})), "4000000000");
  EXPECT_EQ(text(Type::int64(), bytes_of(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(text(Type::uint64(), bytes_of(UINT64_MAX)), "18446744073709551615");
}

TEST_F(FormatValue, BoolsPointersEnums) {
  EXPECT_EQ(text(Type::boolean(), bytes_of(uint8_t{1})), "true");
  EXPECT_EQ(text(Type::boolean(), bytes_of(uint8_t{0})), "false");
  EXPECT_EQ(text(Type::pointer(Type::none(), AddressSpace::User), bytes_of(uint64_t{0xff})), "0xff");
  Type colour = Type::enumeration("colour", 32, true, {{"RED", 0}, {"NONE", -1}});
  EXPECT_EQ(text(colour, bytes_of(int32_t{-1})), "NONE");
  EXPECT_EQ(text(colour, bytes_of(int32_t{7})), "7");
}

TEST_F(FormatValue, StringsStopAtNulAndSayThatTheyWereCut) {
  fake.image.config.max_strlen = 8;
  EXPECT_EQ(text(Type::string(9), text_bytes("abc", 9)), "abc");
  EXPECT_EQ(text(Type::string(9), text_bytes("abcdefg", 9)), "abcdefg");
  EXPECT_EQ(text(Type::string(9), text_bytes("abcdefgh", 9)), "abcdefgh..");
  EXPECT_EQ(text(Type::string(8), text_bytes("abcdefgh", 8)), "abcdefgh..") << "no NUL at all";
  fake.image.config.str_trunc_trailer = "";
  EXPECT_EQ(text(Type::string(9), text_bytes("abcdefgh", 9)), "abcdefgh");
}

TEST_F(FormatValue, BuffersEscapeWhatDoesNotPrint) {
  EXPECT_EQ(text(Type::buffer(10), bytes_of(uint32_t{4}) + text_bytes("a\x01\xff\n", 6)), "a\\x01\\xff\\x0a");
  EXPECT_EQ(text(Type::buffer(6), bytes_of(uint32_t{4000}) + text_bytes("ab", 2)), "ab") << "a length that lies";
}

TEST_F(FormatValue, Arrays) {
  EXPECT_EQ(text(Type::array(Type::integer(8, false), 4), {4, 3, 2, 1}), "[4,3,2,1]");
  EXPECT_EQ(text(Type::array(Type::integer(8, true), 5), text_bytes("abc", 5)), "abc");
  EXPECT_EQ(text(Type::array(Type::integer(8, true), 3), text_bytes("abc", 3)), "abc");
}

TEST_F(FormatValue, TuplesHaveParenthesesExceptAsKeys) {
  Type inner = Type::tuple({Type::integer(8, true), Type::string(3)});
  Type outer = Type::tuple({inner, Type::integer(32, true)});
  std::vector<uint8_t> bytes = bytes_of(int8_t{1}) + text_bytes("x", 3) + bytes_of(int32_t{-2});
  EXPECT_EQ(text(outer, bytes), "((1, x), -2)");
  EXPECT_EQ(key(outer, bytes), "(1, x), -2");
  EXPECT_EQ(text(Type::tuple({}), {}), "()");
}

TEST_F(FormatValue, StructsWithBitfields) {
  auto layout = std::make_shared<StructLayout>();
  layout->size = 8;
  layout->fields = {{"x", Type::integer(32, true), 0},
                    {"low", Type::integer(32, false), 4, 0, 3},
                    {"high", Type::integer(32, true), 4, 3, 2}};
  EXPECT_EQ(text(Type::structure("s", layout), bytes_of(int32_t{-5}, uint32_t{0b11101})),
            "{ .x = -5, .low = 5, .high = -1 }");
}

TEST_F(FormatValue, SymbolsAndProbes) {
  fake.image.probe_names = {"BEGIN", "kprobe:vfs_read"};
  EXPECT_EQ(text(Type::kernel_symbol(), bytes_of(uint64_t{0x1000})), "vfs_read");
  EXPECT_EQ(text(Type::kernel_symbol(), bytes_of(uint64_t{0x5})), "0x5");
  EXPECT_EQ(text(Type::kernel_symbol(), bytes_of(uint64_t{0})), "0");
  EXPECT_EQ(text(Type::user_symbol(), bytes_of(uint64_t{0x2000}, uint32_t{7}, uint32_t{0})), "main");
  EXPECT_EQ(text(Type::user_symbol(), bytes_of(uint64_t{0x2000}, uint32_t{8}, uint32_t{0})), "0x2000");
  EXPECT_EQ(text(Type::probe_name(), bytes_of(uint64_t{1})), "kprobe:vfs_read");
  EXPECT_EQ(text(Type::probe_name(), bytes_of(uint64_t{2})), "") << "no such name";
}

TEST_F(FormatValue, Averages) {
  EXPECT_EQ(text(Type::average(TypeKind::Avg, true), bytes_of(int64_t{-7}, uint64_t{2})), "-3");
  EXPECT_EQ(text(Type::average(TypeKind::Avg, false), bytes_of(UINT64_MAX, uint64_t{1})), "18446744073709551615");
  EXPECT_EQ(text(Type::average(TypeKind::Stats, true), bytes_of(int64_t{16}, uint64_t{4})),
            "{ .count = 4, .average = 4, .total = 16 }");
  EXPECT_EQ(text(Type::average(TypeKind::Stats, true), bytes_of(int64_t{0}, uint64_t{0})),
            "{ .count = 0, .average = 0, .total = 0 }");
}

TEST_F(FormatValue, TimestampsAreBootTimePlusTheEpochOfBoot) {
  setenv("TZ", "UTC", 1);
  tzset();
  fake.around.clock.boot_epoch_ns = 1'000'000'000'000'000'000;  // 2001-09-09 01:46:40
  EXPECT_EQ(text(Type::timestamp("%Y-%m-%d %H:%M:%S.%f|%%f"), bytes_of(uint64_t{1'000'012'345})),
            "2001-09-09 01:46:41.000012|%f");
  EXPECT_EQ(text(Type::timestamp(""), bytes_of(uint64_t{0})), "");
}

TEST(KernelSymbols, NearestBelowFirstOfAliases) {
  KernelSymbols symbols("0000000000000000 A fixed_percpu_data\n"
                        "ffffffff81000000 T _text\n"
                        "ffffffff81000100 t beta\t[module]\n"
                        "ffffffff81000080 T alpha\n"
                        "ffffffff81000080 T alpha_alias\n"
                        "broken line\n"
                        "ffffffff82000000 a absolute");
  EXPECT_EQ(symbols.find(0xffffffff81000000).name, "_text");
  EXPECT_EQ(symbols.find(0xffffffff8100007f).name, "_text");
  EXPECT_EQ(symbols.find(0xffffffff8100007f).offset, 0x7fu);
  EXPECT_EQ(symbols.find(0xffffffff81000080).name, "alpha");
  EXPECT_EQ(symbols.find(0xffffffff81000101).name, "beta");
  EXPECT_EQ(symbols.find(0xffffffffffffffff).name, "beta");
  EXPECT_EQ(symbols.find(0x1000).name, "");
  EXPECT_EQ(KernelSymbols("").find(5).name, "");
}

TEST(KernelSymbols, TheFirstOnesAreReadAlone) {
  uint64_t address = 0;
  std::ifstream file("/proc/kallsyms");
  for (std::string line; address == 0 && std::getline(file, line);)
    if (line.ends_with(" T vfs_read"))
      address = std::stoull(line, nullptr, 16);
  if (address == 0)
    GTEST_SKIP() << "the kernel does not say where its functions are";
  KernelSymbols symbols = KernelSymbols::running_up_to(address + 1);
  KernelSymbols::Found found = symbols.find(address + 1);
  EXPECT_EQ(found.name, "vfs_read");
  EXPECT_EQ(found.offset, 1u);
}

TEST_F(FormatValue, StacksPrintTheirFramesAsTheirModeSays) {
  fake.stacks.known[3] = {{0x2004}, {0x9999}};
  auto stack = bytes_of(uint64_t{7} << 32 | 3);
  EXPECT_EQ(text(Type::stack(TypeKind::UserStack, StackMode::Bpftrace, 5), stack),
            "\n        main+4\n        0x9999\n");
  EXPECT_EQ(text(Type::stack(TypeKind::UserStack, StackMode::Perf, 5), stack),
            "\n\t2004 main+4 (/bin/program)\n\t9999 0x9999 ([unknown])\n");
  EXPECT_EQ(text(Type::stack(TypeKind::UserStack, StackMode::Raw, 5), stack), "\n2004\n9999\n");
  fake.stacks.known[3] = {{0x1010}};
  EXPECT_EQ(text(Type::stack(TypeKind::KernelStack, StackMode::Perf, 5), bytes_of(uint64_t{3})),
            "\n\t1010 vfs_read+16\n");
  EXPECT_EQ(text(Type::stack(TypeKind::KernelStack, StackMode::Bpftrace, 5), bytes_of(uint64_t{4})), "\n")
      << "a stack without frames";
}

TEST_F(FormatValue, BuildIdStacksFallBackToAddresses) {
  Type type = Type::stack(TypeKind::UserStack, StackMode::BuildId, 3);
  // struct bpf_stack_build_id: s32 status, u8 build_id[20], u64 offset or address.
  std::vector<uint8_t> id(20, 0xab);
  std::vector<uint8_t> with_id = bytes_of(int32_t{1}) + id + bytes_of(uint64_t{0x126});
  std::vector<uint8_t> without = bytes_of(int32_t{2}) + std::vector<uint8_t>(20) + bytes_of(uint64_t{0x7f00});
  fake.stacks.known[1] = frames_of(type, (with_id + without + std::vector<uint8_t>(32)).data());
  EXPECT_EQ(text(type, bytes_of(uint64_t{1})), "\nabababababababababababababababababababab 0x126\n7f00\n");
}

TEST_F(FormatValue, NumbersPrintByName) {
  auto named = [&](TypeKind kind, int64_t number) { return text(Type::named_number(kind), bytes_of(number)); };
  EXPECT_EQ(named(TypeKind::ErrorName, 2), "No such file or directory");
  EXPECT_EQ(named(TypeKind::ErrorName, -13), "Permission denied");
  EXPECT_EQ(named(TypeKind::ErrorName, 9999), "Unknown error");
  EXPECT_EQ(named(TypeKind::SignalName, 9), "Killed");
  EXPECT_EQ(named(TypeKind::SignalName, 0), "Unknown signal 0");
  EXPECT_EQ(named(TypeKind::SignalName, 33), "Unknown signal 33");
  EXPECT_EQ(named(TypeKind::SignalName, 34), "Real-time signal 0");
  EXPECT_EQ(named(TypeKind::SignalName, 64), "Real-time signal 30");
  EXPECT_EQ(named(TypeKind::SignalName, 65), "N/A");
  EXPECT_EQ(named(TypeKind::SignalName, -1), "N/A");
  EXPECT_EQ(named(TypeKind::SyscallName, 100000), "Unknown syscall");
  EXPECT_EQ(named(TypeKind::UserName, 0), "root");
  EXPECT_EQ(named(TypeKind::UserName, 3999999999), "3999999999") << "nobody has that id";
}

TEST_F(FormatValue, Addresses) {
  auto loopback = bytes_of(uint32_t{2}, uint32_t{0x0100007f}) + std::vector<uint8_t>(12);
  EXPECT_EQ(text(Type::inet(), loopback), "127.0.0.1");
  EXPECT_EQ(text(Type::inet(), bytes_of(uint32_t{10}) + std::vector<uint8_t>(15) + bytes_of(uint8_t{1})), "::1");
  EXPECT_EQ(text(Type::inet(), bytes_of(uint32_t{1}) + std::vector<uint8_t>(16)), "") << "another family";
  EXPECT_EQ(text(Type::mac_address(), {0xaf, 9, 0xff, 0x79, 0xff, 0x7f}), "AF:09:FF:79:FF:7F");
}

}  // namespace
}  // namespace sonde::runtime
