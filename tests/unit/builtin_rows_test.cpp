// Every row of the table of builtins is tried by a golden case and by a kernel test: both name it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "builtins/builtin.h"

namespace sonde::builtins {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::vector<std::string> texts_of(const fs::path &folder, std::string_view ending) {
  std::vector<std::string> texts;
  for (const auto &entry : fs::directory_iterator(folder)) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    if (entry.path().extension() == ending)
      texts.push_back(text.str());
  }
  return texts;
}

// A script without its comments.
std::string code_of(const std::string &script) { return std::regex_replace(script, std::regex("//[^\n]*"), ""); }

// What stands in the string literals of C++, where tests have their scripts.
std::string literals_of(const std::string &source) {
  static const std::regex kLiteral(R"re(R"(\w*)\([^]*?\)\1"|"(?:[^"\\\n]|\\.)*")re");
  std::string literals;
  for (std::sregex_iterator at(source.begin(), source.end(), kLiteral), end; at != end; ++at)
    literals += at->str() + "\n";
  // A line feed within a script is no letter of the word behind it.
  return std::regex_replace(literals, std::regex(R"(\\n)"), " ");
}

// `arg0` counts as `arg` as well.
void add_words(const std::string &text, std::set<std::string> &words) {
  std::string word;
  for (char c : text + "\n") {
    if (is_word(c)) {
      word += c;
      continue;
    }
    words.insert(word.substr(0, word.find_last_not_of("0123456789") + 1));
    words.insert(std::exchange(word, {}));
  }
}

TEST(BuiltinRows, HaveAGoldenCaseAndAKernelTest) {
  fs::path tests = fs::path(SONDE_SOURCE_DIR) / "tests";
  std::set<std::string> golden, kernel;
  for (const std::string &script : texts_of(tests / "golden" / "types", ".bt"))
    add_words(code_of(script), golden);
  for (const std::string &source : texts_of(tests / "kernel", ".cpp"))
    add_words(literals_of(source), kernel);
  for (const Builtin *row : all_builtins()) {
    EXPECT_TRUE(golden.contains(std::string(row->name))) << row->name << " is in no script of tests/golden/types";
    EXPECT_TRUE(kernel.contains(std::string(row->name))) << row->name << " is in no test of tests/kernel";
  }
}

}  // namespace
}  // namespace sonde::builtins
