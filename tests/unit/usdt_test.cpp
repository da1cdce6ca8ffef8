// What is understood of static probes' argument texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probes/usdt_arguments.h"

namespace sonde::probes {
namespace {

using ::testing::HasSubstr;

#if defined(__x86_64__)
UsdtArgument only(std::string_view text) {
  auto arguments = parse_usdt_arguments(text);
  EXPECT_EQ(arguments.size(), 1u) << text;
  EXPECT_EQ(arguments.front().problem, "") << text;
  return arguments.front();
}

TEST(UsdtArguments, ConstantsAndRegisters) {
  EXPECT_EQ(only("-4@$-7"), (UsdtArgument{UsdtArgument::Kind::Constant, 4, true, -7}));
  EXPECT_EQ(only("8@$0x10").value, 16);
  EXPECT_EQ(only("4@%edi"), (UsdtArgument{UsdtArgument::Kind::Register, 4, false, 0, 112}));
  EXPECT_EQ(only("1@%ah").base_shift, 8);
  EXPECT_EQ(only("8@%r15").base, 0);
}

TEST(UsdtArguments, Memory) {
  EXPECT_EQ(only("8@-16(%rbp)"), (UsdtArgument{UsdtArgument::Kind::Memory, 8, false, -16, 32}));
  EXPECT_EQ(only("2@(%rsp)").base, 152);
  UsdtArgument scaled = only("-4@8(%rax,%rbx,4)");
  EXPECT_TRUE(scaled.has_index && scaled.is_signed);
  EXPECT_EQ(scaled.base, 80);
  EXPECT_EQ(scaled.index, 40);
  EXPECT_EQ(scaled.scale, 4);
}

TEST(UsdtArguments, SeveralAndNone) {
  EXPECT_EQ(parse_usdt_arguments("-4@%edi 8@-16(%rbp) 8@$5").size(), 3u);
  EXPECT_TRUE(parse_usdt_arguments("").empty());
}

TEST(UsdtArguments, NamesWhatIsNotUnderstood) {
  for (const char *text : {"8f@%xmm0", "8@name(%rip)", "3@%eax", "8@%xax", "8@4(%rax", "8", "8@", "8@(%rax,%rbx,%rcx)"})
    EXPECT_NE(parse_usdt_arguments(text).at(0).problem, "") << text;
  // The others can still be read.
  auto arguments = parse_usdt_arguments("4@%edi 8f@%xmm0 8@name(%rip) 3@%eax");
  ASSERT_EQ(arguments.size(), 4u);
  EXPECT_EQ(arguments[0].base, 112);
  EXPECT_THAT(arguments[1].problem, HasSubstr("'8f@%xmm0' is in a register for floating-point numbers"));
  EXPECT_THAT(arguments[2].problem, HasSubstr("a variable that the binary's symbol tables do not have"));
  EXPECT_EQ(arguments[3].problem, "'3@%eax' is not understood");
}
#endif

}  // namespace
}  // namespace sonde::probes
