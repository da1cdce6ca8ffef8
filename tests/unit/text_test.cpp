// Globs, likely typing errors, splitting; and results.
#include "base/text.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/result.h"

using namespace sonde;

TEST(Glob, StarMatchesAnyRun) {
  EXPECT_TRUE(matches_glob("tcp_*", "tcp_sendmsg"));
  EXPECT_TRUE(matches_glob("*msg", "tcp_sendmsg"));
  EXPECT_TRUE(matches_glob("t*p*g", "tcp_sendmsg"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("abc", "abc"));
  EXPECT_FALSE(matches_glob("tcp_*", "udp_sendmsg"));
  EXPECT_FALSE(matches_glob("a*b", "ac"));
  EXPECT_FALSE(matches_glob("", "a"));
}

TEST(Glob, ManyStarsDoNotExplode) {
  std::string pattern, text(2000, 'a');
  for (int i = 0; i < 200; ++i)
    pattern += "a*";
  EXPECT_FALSE(matches_glob(pattern + "b", text));
}

TEST(Nearest, FindsTypingErrorsAndNothingElse) {
  std::vector<std::string> names{"pid", "printf", "print", "comm"};
  EXPECT_EQ(did_you_mean("pritnf", names), "did you mean 'printf'?");
  EXPECT_EQ(did_you_mean("PID", names), "did you mean 'pid'?");
  EXPECT_EQ(did_you_mean("something", names), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a::b", ':'), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ':'), (std::vector<std::string_view>{""}));
}

TEST(SplitWords, KeepsNoEmptyOnes) {
  EXPECT_EQ(split_words(" a\t\tbc \n d"), (std::vector<std::string_view>{"a", "bc", "d"}));
  EXPECT_TRUE(split_words(" \n").empty());
  EXPECT_TRUE(split_words("").empty());
}

TEST(Trim, RemovesSpaceAtBothEnds) { EXPECT_EQ(trim(" \ta b\n"), "a b"); }

TEST(Error, ReadsAsASentence) {
  Error error = Error::from_errno("open", "/x", ENOENT, "is it there?");
  EXPECT_EQ(error.message(), "could not open /x: No such file or directory\nHINT: is it there?");
  EXPECT_EQ(error.error_number, ENOENT);
}

TEST(Result, HoldsAValueOrAnError) {
  Result<int> good = 3;
  Result<int> bad = Error{"load", "program", "too large", "", 0};
  EXPECT_EQ(*good, 3);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message(), "could not load program: too large");
}
