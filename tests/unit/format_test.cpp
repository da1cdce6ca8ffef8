// A formatted script is the same script, and formatting it again changes nothing: for every script at hand.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ast/print.h"
#include "base/read_file.h"
#include "driver/format.h"
#include "lexer/c_parts.h"
#include "lexer/imports.h"
#include "parser/parse.h"

namespace sonde {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> scripts_below(const fs::path &folder) {
  std::vector<fs::path> found;
  std::error_code missing;
  for (const auto &entry : fs::recursive_directory_iterator(folder, missing))
    if (entry.path().extension() == ".bt")
      found.push_back(entry.path());
  return found;
}

std::optional<std::string> formatted(const std::string &script) {
  Sources sources;
  Diagnostics diagnostics;
  return driver::format(sources, sources.add("script.bt", script), diagnostics);
}

// All that a script says: its tree, its C and what it imports.
std::string meaning(const std::string &script) {
  Sources sources;
  Diagnostics diagnostics;
  size_t file = sources.add("script.bt", script);
  std::string all = ast::print(parse(sources, file, {{"1", "2"}}, diagnostics));
  for (const Import &import : find_imports(sources, file))
    all += "import " + import.path + "\n";
  for (Location part : find_c_parts(sources, file).where)
    all += std::string(sources.text(part));
  std::erase_if(all, [](char c) { return c == ' ' || c == '\r'; });  // C may be indented otherwise
  return all;
}

// Scripts that are no scripts are not formatted; returns how many were.
size_t check_all(const std::vector<fs::path> &scripts) {
  size_t count = 0;
  for (const fs::path &path : scripts) {
    std::string script = read_file(path.string()).take();
    std::optional<std::string> once = formatted(script);
    static const std::set<std::string> kNotOnlyScripts = {"errors", "tokens", "corpus"};
    bool may_be_wrong = kNotOnlyScripts.contains(path.parent_path().filename().string()) ||
                        path.filename().string().starts_with("fail_");
    EXPECT_TRUE(once || may_be_wrong) << path << " is not formatted";
    if (!once)
      continue;
    ++count;
    EXPECT_EQ(meaning(*once), meaning(script)) << path << " became\n" << *once;
    EXPECT_EQ(formatted(*once), once) << path;
  }
  return count;
}

TEST(FormatTest, scripts_of_this_tree_stay_what_they_are) {
  std::vector<fs::path> scripts = scripts_below(fs::path(SONDE_SOURCE_DIR) / "examples");
  for (const fs::path &path : scripts_below(fs::path(SONDE_SOURCE_DIR) / "tests"))
    scripts.push_back(path);
  EXPECT_GT(check_all(scripts), 150U);
}

TEST(FormatTest, debians_tools_stay_what_they_are) {
  std::vector<fs::path> tools = scripts_below(SONDE_DEBIAN_TOOLS_DIR);
  if (tools.empty())
    GTEST_SKIP() << "they are not here: ./dev test kernel fetches them";
  EXPECT_EQ(check_all(tools), tools.size());
}

TEST(FormatTest, line_breaks_of_the_script_do_not_matter) {
  EXPECT_EQ(formatted("BEGIN{$x=1;if($x){print($x)}else{exit()}}"),
            formatted("BEGIN\n{\n$x\n=\n1\n;\nif\n(\n$x\n)\n{\nprint\n(\n$x\n)\n}\nelse\n{\nexit\n(\n)\n}\n}\n"));
}

TEST(FormatTest, long_lines_are_broken_but_for_what_has_no_gap) {
  EXPECT_EQ(formatted("BEGIN { @x = f(" + std::string(60, 'a') + ", " + std::string(60, 'b') + ") }"),
            "BEGIN {\n  @x = f(" + std::string(60, 'a') + ",\n         " + std::string(60, 'b') + ");\n}\n");
}

TEST(FormatTest, operators_are_not_joined) {
  EXPECT_EQ(formatted("BEGIN { $x = - -1; $y = 6 / *$p; $z = $x - -$y; $w = 1 & &$x }"),
            "BEGIN {\n  $x = - -1;\n  $y = 6 / *$p;\n  $z = $x - -$y;\n  $w = 1 & &$x;\n}\n");
}

TEST(FormatTest, what_cannot_be_parsed_is_not_formatted) {
  EXPECT_EQ(formatted("BEGIN { printf( }"), std::nullopt);
  EXPECT_EQ(formatted("BEGIN { /* open"), std::nullopt);
}

TEST(FormatTest, empty_scripts_stay_empty) { EXPECT_EQ(formatted(" \n\n"), ""); }

TEST(FormatTest, macros_of_c_may_be_any_piece_of_the_script) {
  EXPECT_EQ(formatted("#define IF_ROOT if (uid == 0)\n#define T struct sock *\nBEGIN { IF_ROOT { @=(T)1 } }"),
            "#define IF_ROOT if (uid == 0)\n#define T struct sock *\n\nBEGIN {\n  IF_ROOT {\n    @ = (T)1;\n  }\n}\n");
}

}  // namespace
}  // namespace sonde
