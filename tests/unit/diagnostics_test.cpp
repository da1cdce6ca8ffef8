// The printed form of what is wrong with a script.
#include "base/diagnostics.h"

#include <gtest/gtest.h>

using namespace sonde;

namespace {

class DiagnosticsTest : public testing::Test {
protected:
  void script(std::string text) { sources.add("stdin", std::move(text)); }

  Sources sources;
  Diagnostics diagnostics;
};

}  // namespace

TEST_F(DiagnosticsTest, PrintsPlaceLineCaretNoteAndHint) {
  script("BEGIN { print(pidd) }");
  diagnostics.error({14, 18}, "unknown identifier '{}'", "pidd").note({0, 5}, "in this probe").with_hint("pid?");
  EXPECT_EQ(diagnostics.format(sources), "stdin:1:15-18: ERROR: unknown identifier 'pidd'\n"
                                         "BEGIN { print(pidd) }\n"
                                         "              ^~~~\n"
                                         "stdin:1:1-5: NOTE: in this probe\n"
                                         "BEGIN { print(pidd) }\n"
                                         "^~~~~\n"
                                         "HINT: pid?\n");
}

TEST_F(DiagnosticsTest, OrdersByPlace) {
  script("a b");
  diagnostics.error({2, 3}, "second");
  diagnostics.error({0, 1}, "first");
  std::string text = diagnostics.format(sources);
  EXPECT_LT(text.find("first"), text.find("second"));
}

TEST_F(DiagnosticsTest, WarningsAreNoErrorsAndCanBeLeftOut) {
  script("a");
  diagnostics.warning({0, 1}, "odd");
  EXPECT_FALSE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.format(sources), "stdin:1:1: WARNING: odd\na\n^\n");
  EXPECT_EQ(diagnostics.format(sources, false, false), "");
}

TEST_F(DiagnosticsTest, CountsWhatIsBeyondTheLimit) {
  script("a");
  for (int i = 0; i < 5; ++i)
    diagnostics.error({0, 1}, "error {}", i);
  std::string text = diagnostics.format(sources, false, true, 2);
  EXPECT_NE(text.find("error 1"), std::string::npos);
  EXPECT_EQ(text.find("error 2"), std::string::npos);
  EXPECT_NE(text.find("3 more errors are not shown\n"), std::string::npos);
}

TEST_F(DiagnosticsTest, ControlBytesDoNotReachTheTerminal) {
  script("a\x1b[31m");
  diagnostics.error({1, 2}, "found '{}'", "\x1b");
  EXPECT_EQ(diagnostics.format(sources).find('\x1b'), std::string::npos);
}

TEST_F(DiagnosticsTest, BytesThatAreNoTextDoNotReachTheTerminal) {
  script("a\xff\xc3(\xc2\x9b\xe2\x80 é … z\xe2\x82");
  diagnostics.error({0, 1}, "found '\x9b' in “é”");
  EXPECT_EQ(diagnostics.format(sources), "stdin:1:1: ERROR: found '?' in “é”\na?\?(??\?\? é … z??\n^\n");
}

TEST_F(DiagnosticsTest, LongLinesAreShownAroundThePlace) {
  script(std::string(5000, 'x') + "HERE" + std::string(5000, 'y'));
  diagnostics.error({5000, 5004}, "there");
  std::string text = diagnostics.format(sources);
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find("HERE"), std::string::npos);
  size_t line = text.find('\n') + 1;
  size_t marker = text.find('\n', line) + 1;
  EXPECT_EQ(text.find("HERE") - line, text.find('^') - marker);
}
