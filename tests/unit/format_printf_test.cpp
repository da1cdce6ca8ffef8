// printf against C's own printf, for every flag, width, precision, length and conversion.
#include "runtime/format_printf.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "fake_surroundings.h"

namespace sonde::runtime {
namespace {

using image::EventField;

class FormatPrintf : public testing::Test {
protected:
  std::string render(const std::string &format, const std::vector<Type> &types, const std::vector<uint8_t> &values) {
    std::vector<EventField> fields;
    uint32_t offset = image::EventSpec::kHeaderSize;
    for (const Type &type : types) {
      fields.push_back({type, offset});
      offset += type.size;
    }
    EXPECT_EQ(values.size() + image::EventSpec::kHeaderSize, offset);
    std::vector<uint8_t> record = std::vector<uint8_t>(image::EventSpec::kHeaderSize) + values;
    auto parsed = image::parse_printf_format(format);
    EXPECT_TRUE(parsed) << format;
    std::string out;
    if (parsed) {
      append_printf(out, *parsed, fields, record.data(), fake.around);
    }
    return out;
  }
  FakeSurroundings fake;
};

template <typename Value> std::string by_c(const std::string &format, Value value) {
  char text[256];
  std::snprintf(text, sizeof text, format.c_str(), value);
  return text;
}

std::vector<std::string> flag_sets() {
  std::vector<std::string> sets;
  for (int bits = 0; bits < 32; ++bits) {
    std::string flags;
    for (int i = 0; i < 5; ++i)
      if (bits & (1 << i))
        flags += "-+ #0"[i];
    sets.push_back(flags);
  }
  return sets;
}

TEST_F(FormatPrintf, IntegersAsInC) {
  for (const std::string &flags : flag_sets())
    for (const char *width : {"", "1", "12"})
      for (const char *precision : {"", ".0", ".3", ".9"})
        for (const char *length : {"", "hh", "h", "l", "ll", "j", "z", "t"})
          for (const char *conversion : {"d", "i", "u", "o", "x", "X"})
            for (int64_t value : {INT64_C(0), INT64_C(-1), INT64_C(8), INT64_C(70000), INT64_MIN, INT64_MAX}) {
              std::string format = "%" + flags + width + precision + length + conversion;
              ASSERT_EQ(render(format, {Type::int64()}, bytes_of(value)), by_c(format, value))
                  << format << " " << value;
            }
}

TEST_F(FormatPrintf, StringsAsInC) {
  for (const char *flags : {"", "-"})
    for (const char *width : {"", "2", "9"})
      for (const char *precision : {"", ".0", ".2", ".9"}) {
        std::string format = std::string("%") + flags + width + precision + "s";
        ASSERT_EQ(render(format, {Type::string(8)}, text_bytes("abc", 8)), by_c(format, "abc")) << format;
      }
}

TEST_F(FormatPrintf, CharactersAndPointers) {
  EXPECT_EQ(render("%c|%3c|%-3c|", {Type::int64(), Type::int64(), Type::int64()},
                   bytes_of(int64_t{65}, int64_t{0x142}, int64_t{67})),
            "A|  B|C  |");
  EXPECT_EQ(render("%p %20p|%-8p|", {Type::uint64(), Type::uint64(), Type::uint64()},
                   bytes_of(uint64_t{0}, UINT64_MAX, uint64_t{255})),
            "0   0xffffffffffffffff|0xff    |");
}

TEST_F(FormatPrintf, WidthAndPrecisionFromArguments) {
  EXPECT_EQ(render("%*d|%-*d|%.*s|%*.*x|%%",
                   {Type::int64(), Type::int64(), Type::int64(), Type::int64(), Type::int64(), Type::string(8),
                    Type::int64(), Type::int64(), Type::int64()},
                   bytes_of(int64_t{5}, int64_t{3}, int64_t{-4}, int64_t{3}, int64_t{2}) + text_bytes("abcd", 8) +
                       bytes_of(int64_t{6}, int64_t{4}, int64_t{255})),
            "    3|3   |ab|  00ff|%");
}

TEST_F(FormatPrintf, NarrowArgumentsKeepTheirSign) {
  EXPECT_EQ(render("%d %u %x %d",
                   {Type::integer(8, true), Type::integer(8, true), Type::integer(16, false), Type::boolean()},
                   bytes_of(int8_t{-1}, int8_t{-1}, uint16_t{0xffff}, uint8_t{1})),
            "-1 4294967295 ffff 1");
}

TEST_F(FormatPrintf, AnyTypeAsAString) {
  Type pair = Type::tuple({Type::integer(32, true), Type::string(4)});
  EXPECT_EQ(render("[%10s][%-9s][%s]", {pair, Type::kernel_symbol(), Type::boolean()},
                   bytes_of(int32_t{1}) + text_bytes("a", 4) + bytes_of(uint64_t{0x1000}, uint8_t{1})),
            "[    (1, a)][vfs_read ][true]");
  Type colour = Type::enumeration("colour", 32, false, {{"RED", 3}});
  EXPECT_EQ(render("%s %d", {colour, colour}, bytes_of(uint32_t{3}, uint32_t{3})), "RED 3");
}

TEST_F(FormatPrintf, Bytes) {
  Type buffer = Type::buffer(8);
  std::vector<uint8_t> bytes = bytes_of(uint32_t{3}) + text_bytes("a\x01\xff", 4);
  EXPECT_EQ(render("%r", {buffer}, bytes), "a\\x01\\xff");
  EXPECT_EQ(render("%rx", {buffer}, bytes), "\\x61\\x01\\xff");
  EXPECT_EQ(render("%rh", {buffer}, bytes), "61 01 ff");
  EXPECT_EQ(render("%12r|", {buffer}, bytes), "   a\\x01\\xff|");
}

TEST_F(FormatPrintf, TooFewArgumentsPrintNothingForTheRest) {
  EXPECT_EQ(render("a %d b %d c", {Type::int64()}, bytes_of(int64_t{1})), "a 1 b  c");
}

}  // namespace
}  // namespace sonde::runtime
