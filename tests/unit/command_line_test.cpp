// The command line of built executables: what words set, what is refused and how, and the help.
#include "runner/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/run_options.h"

namespace sonde::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Parsed {
  RunOptions options = {};
  CommandLine line = {};
  std::string problem = {};
};

Parsed parse(std::vector<std::string> words) {
  Parsed parsed;
  words.insert(words.begin(), "tracer");
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<Option> rows = option_rows(parsed.options);
  try {
    parsed.line = parse_command_line(rows, static_cast<int>(words.size()), argv.data());
  } catch (const UsageError &error) {
    parsed.problem = error.message;
  }
  return parsed;
}

TEST(CommandLine, sets_each_kind_of_option_in_each_way_to_write_it) {
  Parsed parsed = parse({"-qvv", "-p", "1,2", "--pid=3", "-fjson", "--output", "out", "-c", "sleep 1", "--strict"});
  EXPECT_EQ(parsed.problem, "");
  EXPECT_TRUE(parsed.options.quiet);
  EXPECT_EQ(parsed.options.verbosity, 2);
  EXPECT_THAT(parsed.options.pids, ElementsAre(1, 2, 3));
  EXPECT_EQ(parsed.options.format, "json");
  EXPECT_EQ(parsed.options.output, "out");
  EXPECT_EQ(parsed.options.command, "sleep 1");
  EXPECT_TRUE(parsed.options.strict);
  EXPECT_FALSE(parsed.options.follow);
}

TEST(CommandLine, what_is_no_option_are_words) {
  Parsed parsed = parse({"one", "-q", "two", "--", "--three"});
  EXPECT_TRUE(parsed.options.quiet);
  EXPECT_THAT(parsed.line.words, ElementsAre("one", "two", "--three"));
}

TEST(CommandLine, says_what_is_wrong) {
  EXPECT_EQ(parse({"--stritc"}).problem, "there is no option --stritc (--help lists them)");
  EXPECT_EQ(parse({"-qZ"}).problem, "there is no option -Z (--help lists them)");
  EXPECT_EQ(parse({"-q", "-c"}).problem, "-c needs a value");
  EXPECT_EQ(parse({"--cgroup"}).problem, "--cgroup needs a value");
  EXPECT_EQ(parse({"-f", "xml"}).problem, "-f takes one of text, json, folded, not 'xml'");
  EXPECT_EQ(parse({"-p", "12,x"}).problem, "--pid takes PID[,PID], not '12,x'");
  EXPECT_EQ(parse({"-p", "99999999999"}).problem, "--pid takes PID[,PID], not '99999999999'");
  EXPECT_EQ(parse({"--quiet=yes"}).problem, "there is no option --quiet=yes (--help lists them)");
}

TEST(CommandLine, help_has_every_option_and_fits_a_terminal) {
  EXPECT_TRUE(parse({"-h"}).line.wants_help);
  EXPECT_TRUE(parse({"--help"}).line.wants_help);
  RunOptions options;
  std::vector<Option> rows = option_rows(options);
  std::string text = help_text("opens", "opens: a tracer", " [$1]", rows);
  EXPECT_THAT(text, HasSubstr("opens: a tracer\nUsage: opens [OPTIONS] [$1]\n\nOptions:\n"));
  for (const Option &row : rows)
    EXPECT_THAT(text, HasSubstr("\n  " + row.names));
  EXPECT_THAT(text, HasSubstr("\n  -f FORMAT:{text,json,folded}\n                              Form of the output"));
  for (size_t start = 0; start < text.size(); start = text.find('\n', start) + 1)
    EXPECT_LE(text.find('\n', start) - start, 120u) << text.substr(start, 130);
}

}  // namespace
}  // namespace sonde::runner
