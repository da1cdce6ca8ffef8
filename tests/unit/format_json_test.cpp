// JSON from recorded bytes.
#include "runtime/format_json.h"

#include <gtest/gtest.h>

#include "fake_surroundings.h"

namespace sonde::runtime {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

class FormatJson : public testing::Test {
protected:
  std::string text(const Type &type, const std::vector<uint8_t> &bytes) {
    EXPECT_EQ(bytes.size(), type.size);
    std::string out;
    append_json_value(out, type, bytes.data(), fake.around);
    return out;
  }
  FakeSurroundings fake;
};

TEST_F(FormatJson, StringsAreAlwaysValid) {
  EXPECT_EQ(quoted("plain"), "\"plain\"");
  EXPECT_EQ(quoted("a\"b\\c/\n\t\r\b\f\x01"), R"("a\"b\\c/\n\t\r\b\f\u0001")");
  EXPECT_EQ(quoted("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9d"), "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x9d\"");
  EXPECT_EQ(quoted("\xff|\xc3|\xe2\x82"), R"("\ufffd|\ufffd|\ufffd\ufffd")");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), R"("\u0000")");
}

TEST_F(FormatJson, ValuesKeepTheirKind) {
  EXPECT_EQ(text(Type::int64(), bytes_of(int64_t{-5})), "-5");
  EXPECT_EQ(text(Type::boolean(), bytes_of(uint8_t{1})), "true");
  EXPECT_EQ(text(Type::string(4), text_bytes("a\"", 4)), "\"a\\\"\"");
  EXPECT_EQ(text(Type::pointer(Type::none(), AddressSpace::User), bytes_of(uint64_t{16})), "16");
  EXPECT_EQ(text(Type::kernel_symbol(), bytes_of(uint64_t{0x1000})), "\"vfs_read\"");
  EXPECT_EQ(text(Type::buffer(8), bytes_of(uint32_t{3}) + text_bytes("a\x01\xff", 4)), "[97,1,-1]");
  EXPECT_EQ(text(Type::buffer(8), bytes_of(uint32_t{0}, uint32_t{0})), "[]");
  EXPECT_EQ(text(Type::tuple({Type::int64(), Type::boolean()}), bytes_of(int64_t{1}, uint64_t{0})), "[1,false]");
  EXPECT_EQ(text(Type::average(TypeKind::Stats, true), bytes_of(int64_t{-9}, uint64_t{3})),
            R"({"count": 3, "average": -3, "total": -9})");
}

TEST_F(FormatJson, NumbersThatADoubleCannotHoldAreText) {
  EXPECT_EQ(text(Type::int64(), bytes_of(int64_t{1} << 53)), "9007199254740992");
  EXPECT_EQ(text(Type::int64(), bytes_of((int64_t{1} << 53) + 1)), "\"9007199254740993\"");
  EXPECT_EQ(text(Type::int64(), bytes_of((int64_t{1} << 53) + 2)), "9007199254740994");
  EXPECT_EQ(text(Type::int64(), bytes_of(-(int64_t{1} << 53) - 1)), "\"-9007199254740993\"");
  EXPECT_EQ(text(Type::int64(), bytes_of(INT64_MIN)), "-9223372036854775808");
  EXPECT_EQ(text(Type::uint64(), bytes_of(uint64_t{1} << 63)), "9223372036854775808");
  EXPECT_EQ(text(Type::uint64(), bytes_of(UINT64_MAX)), "\"18446744073709551615\"");
  EXPECT_EQ(text(Type::pointer(Type::none(), AddressSpace::User), bytes_of(UINT64_MAX)), "\"18446744073709551615\"");
  EXPECT_EQ(text(Type::average(TypeKind::Stats, false), bytes_of(UINT64_MAX, uint64_t{3})),
            R"({"count": 3, "average": "6148914691236517205", "total": "18446744073709551615"})");
}

TEST_F(FormatJson, FieldsHaveTheirNames) {
  auto layout = std::make_shared<StructLayout>();
  layout->size = 8;
  Field a, b;
  a.name = "a";
  a.type = Type::integer(32, true);
  b.name = "b";
  b.type = Type::integer(32, true);
  b.offset = 4;
  layout->fields = {a, b};
  EXPECT_EQ(text(Type::structure("pair", layout), bytes_of(int32_t{1}, int32_t{-2})), R"({"a": 1, "b": -2})");
}

TEST_F(FormatJson, CountsOfRecords) {
  std::string out;
  append_json_count(out, "lost_events", "events", 7);
  EXPECT_EQ(out, "{\"type\": \"lost_events\", \"count\": 7, \"data\": {\"events\": 7}}\n");
}

}  // namespace
}  // namespace sonde::runtime
