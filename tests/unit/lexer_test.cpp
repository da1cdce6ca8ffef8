// Literals, and what the scanner says about input that is no script.
#include <gtest/gtest.h>

#include "base/literals.h"
#include "lexer/lexer.h"

using namespace sonde;

namespace {

std::string complaints(std::string script) {
  Sources sources;
  Diagnostics diagnostics;
  dump_tokens(sources, sources.add("stdin", std::move(script)), diagnostics);
  return diagnostics.format(sources);
}

}  // namespace

TEST(IntegerLiteral, AllForms) {
  EXPECT_EQ(decode_integer("0").value, 0u);
  EXPECT_EQ(decode_integer("0x1F").value, 31u);
  EXPECT_EQ(decode_integer("017").value, 15u);
  EXPECT_EQ(decode_integer("1e6").value, 1'000'000u);
  EXPECT_EQ(decode_integer("0e99").value, 0u);
  EXPECT_EQ(decode_integer("1_000").value, 1000u);
  EXPECT_EQ(decode_integer("7ULL").value, 7u);
  EXPECT_EQ(decode_integer("0xdull").value, 13u);
}

TEST(IntegerLiteral, DurationsAreNanoseconds) {
  EXPECT_EQ(decode_integer("3ns").value, 3u);
  EXPECT_EQ(decode_integer("3us").value, 3'000u);
  EXPECT_EQ(decode_integer("3ms").value, 3'000'000u);
  EXPECT_EQ(decode_integer("3s").value, 3'000'000'000u);
  EXPECT_EQ(decode_integer("3m").value, 180'000'000'000u);
  EXPECT_EQ(decode_integer("3h").value, 10'800'000'000'000u);
  EXPECT_EQ(decode_integer("3d").value, 259'200'000'000'000u);
}

TEST(IntegerLiteral, TheLargestValueFitsAndOneMoreDoesNot) {
  EXPECT_EQ(decode_integer("18446744073709551615").value, UINT64_MAX);
  EXPECT_EQ(decode_integer("0xffffffffffffffff").value, UINT64_MAX);
  EXPECT_EQ(decode_integer("01777777777777777777777").value, UINT64_MAX);
  for (const char *large : {"18446744073709551616", "0x10000000000000000", "02000000000000000000000", "2e19",
                            "1e18446744073709551617", "213504d"})
    EXPECT_EQ(decode_integer(large).problem, "does not fit into 64 bits") << large;
}

TEST(IntegerLiteral, RefusesOtherSpellings) {
  for (const char *bad : {"1x", "0x", "0xg", "08", "1e", "5S", "5sec", "1lul", "0b1"})
    EXPECT_NE(decode_integer(bad).problem, "") << bad;
}

TEST(StringLiteral, Escapes) {
  EXPECT_EQ(decode_string(R"(a\n\t\r\"\\b)").value, "a\n\t\r\"\\b");
  EXPECT_EQ(decode_string(R"(\x41\x4a5)").value, "AJ5");
  EXPECT_EQ(decode_string(R"(\0331)").value, "\033"
                                             "1");
  EXPECT_EQ(decode_string(R"(\0)").value, std::string(1, '\0'));
}

TEST(StringLiteral, TheFirstUnknownEscapeIsNamed) {
  StringLiteral literal = decode_string(R"(ab\qc\w)");
  EXPECT_EQ(literal.bad_offset, 2u);
  EXPECT_EQ(literal.bad_length, 2u);
  EXPECT_NE(decode_string(R"(\xg)").bad_length, 0u);
  EXPECT_NE(decode_string(R"(\400)").bad_length, 0u);
}

TEST(Scanner, BinaryInputIsOneError) {
  std::string elf("\x7f"
                  "ELF\x02\x01\x01\x00\x00\x00",
                  10);
  EXPECT_EQ(complaints(elf), "stdin:1:8: ERROR: this is not a script: it holds a zero byte\n"
                             "?ELF??????\n"
                             "       ^\n"
                             "HINT: this is a compiled file; a script is text\n");
  std::string zero("BEGIN { }\0 ", 11);
  EXPECT_EQ(complaints(zero), "stdin:1:10: ERROR: this is not a script: it holds a zero byte\n"
                              "BEGIN { }? \n"
                              "         ^\n");
}

TEST(Scanner, ARunOfStrayBytesIsOneError) {
  std::string text = complaints("BEGIN { \x01\x02\x03\xff\xfe }");
  EXPECT_NE(text.find("stdin:1:9-13: ERROR: unexpected byte 0x01"), std::string::npos) << text;
}
