// Words are told apart by getopt_long(3); values are checked and set by the type of their target.
#include "runner/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>

#include "base/match.h"
#include "base/text.h"

namespace sonde::runner {
namespace {

constexpr size_t kHelpColumn = 30, kHelpWidth = 90;

// What getopt_long() calls the rows: numbers behind those of the characters.
constexpr int kHelpNumber = 256, kFirstRowNumber = 257;

bool takes_value(const Option &option) { return !option.argument.empty(); }

// "-o,--output" → "--output"; the short name where there is no long one.
std::string shown_name(const Option &option) { return option.names.substr(option.names.find(',') + 1); }

// The rows as getopt_long() wants them.
struct Grammar {
  std::string shorts = ":";  // a missing value is told apart from an unknown option
  std::vector<int> short_numbers = std::vector<int>(256, '?');
  std::vector<std::string> long_names;
  std::vector<option> longs;

  explicit Grammar(std::span<const Option> options) {
    // No name moves once `longs` points to it.
    long_names.reserve(2 * options.size() + 1);
    add("-h,--help", false, kHelpNumber);
    for (size_t i = 0; i < options.size(); ++i)
      add(options[i].names, takes_value(options[i]), kFirstRowNumber + static_cast<int>(i));
    longs.push_back({});
  }

private:
  void add(std::string_view names, bool has_value, int number) {
    for (std::string_view name : split(names, ','))
      if (name.starts_with("--")) {
        long_names.emplace_back(name.substr(2));
        longs.push_back({long_names.back().c_str(), has_value, nullptr, number});
      } else {
        shorts += name[1];
        shorts += has_value ? ":" : "";
        short_numbers[static_cast<uint8_t>(name[1])] = number;
      }
  }
};

std::vector<int> parse_numbers(const Option &option, std::string_view text) {
  std::vector<int> numbers;
  for (std::string_view word : split(text, ',')) {
    int number = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size())
      throw UsageError{fmt::format("{} takes {}, not '{}'", shown_name(option), option.argument, text)};
    numbers.push_back(number);
  }
  return numbers;
}

void set(const Option &option, const std::string &value) {
  if (!option.choices.empty() && std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end())
    throw UsageError{
        fmt::format("{} takes one of {}, not '{}'", shown_name(option), fmt::join(option.choices, ", "), value)};
  match(
      option.target, [](bool *flag) { *flag = true; }, [](int *count) { ++*count; },
      [&](std::string *text) { *text = value; }, [&](std::optional<std::string> *text) { *text = value; },
      [&](std::vector<int> *numbers) {
        std::vector<int> more = parse_numbers(option, value);
        numbers->insert(numbers->end(), more.begin(), more.end());
      },
      [&](std::vector<std::string> *words) {
        for (std::string_view word : split(value, ','))
          words->emplace_back(word);
      });
}

// The word that getopt_long() stopped at: a character of a cluster, or a whole word.
std::string unknown_option(char **argv) {
  return optopt > 0 && optopt < kHelpNumber ? fmt::format("-{}", static_cast<char>(optopt)) : argv[optind - 1];
}

// Text in lines of the width, all but the first indented to the column.
std::string wrapped(std::string_view text) {
  std::string out;
  size_t used = 0;
  for (std::string_view word : split_words(text)) {
    if (used > 0 && used + 1 + word.size() > kHelpWidth) {
      out += "\n" + std::string(kHelpColumn, ' ');
      used = 0;
    }
    out += used > 0 ? " " : "";
    out += word;
    used += word.size() + (used > 0);
  }
  return out;
}

std::string paragraph(const std::string &heading, std::string_view text) {
  bool fits = heading.size() + 2 < kHelpColumn;
  return fmt::format("  {:<{}}{}{}\n", heading, kHelpColumn - 2, fits ? "" : "\n" + std::string(kHelpColumn, ' '),
                     wrapped(text));
}

}  // namespace

CommandLine parse_command_line(std::span<const Option> options, int argc, char **argv) {
  Grammar grammar(options);
  CommandLine line;
  opterr = 0;
  optind = 0;  // not 1: what an earlier parse knew is forgotten
  for (int got; (got = getopt_long(argc, argv, grammar.shorts.c_str(), grammar.longs.data(), nullptr)) != -1;) {
    int number = got < kHelpNumber ? grammar.short_numbers[static_cast<uint8_t>(got)] : got;
    if (got == '?')
      throw UsageError{fmt::format("there is no option {} (--help lists them)", unknown_option(argv))};
    if (got == ':')
      throw UsageError{fmt::format("{} needs a value", argv[optind - 1])};
    if (number == kHelpNumber)
      line.wants_help = true;
    else
      set(options[static_cast<size_t>(number - kFirstRowNumber)], optarg ? optarg : "");
  }
  line.words.assign(argv + optind, argv + argc);
  return line;
}

std::string help_text(std::string_view program, std::string_view summary, std::string_view words,
                      std::span<const Option> options) {
  std::string text = fmt::format("{}\nUsage: {} [OPTIONS]{}\n\nOptions:\n", summary, program, words);
  text += paragraph("-h,--help", "Print this help message and exit");
  for (const Option &option : options) {
    std::string heading = option.names + (takes_value(option) ? " " + option.argument : "");
    if (!option.choices.empty())
      heading += fmt::format(":{{{}}}", fmt::join(option.choices, ","));
    text += paragraph(heading, option.help);
  }
  return text;
}

}  // namespace sonde::runner
