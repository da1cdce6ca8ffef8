#include "image/script_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/literals.h"
#include "base/text.h"

namespace sonde::image {
namespace {

void set_text(ScriptOption &option, std::string text) {
  option.type = Type::string(static_cast<uint32_t>(text.size() + 1));
  option.text = std::move(text);
}

std::optional<std::string> set_boolean(ScriptOption &option, const std::optional<std::string> &value) {
  std::string word = to_lower(value.value_or("true"));
  bool is_true = word == "true" || word == "1";
  if (!is_true && word != "false" && word != "0")
    return fmt::format("--{} takes true or false, not '{}'", option.name, *value);
  option.number = is_true;
  return std::nullopt;
}

std::optional<std::string> set_integer(ScriptOption &option, const std::string &value) {
  bool is_negative = value.starts_with('-');
  IntegerLiteral literal = decode_integer(std::string_view(value).substr(is_negative));
  if (value.size() == is_negative || !literal.problem.empty())
    return fmt::format("--{} takes a number, not '{}'", option.name, value);
  if (literal.value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + is_negative)
    return fmt::format("--{}: {} does not fit into 64 bits", option.name, value);
  option.number = static_cast<int64_t>(is_negative ? 0 - literal.value : literal.value);
  return std::nullopt;
}

std::optional<std::string> set_option(ScriptOption &option, const GivenOption &given) {
  if (option.type.kind == TypeKind::Bool)
    return set_boolean(option, given.value);
  if (!given.value)
    return fmt::format("--{} needs a value: --{}={}", option.name, option.name,
                       option.type.is_integer() ? "NUMBER" : "TEXT");
  if (option.type.is_integer())
    return set_integer(option, *given.value);
  set_text(option, *given.value);
  return std::nullopt;
}

std::string unknown_option(const std::vector<ScriptOption> &options, const std::string &name) {
  if (options.empty())
    return fmt::format("the script has no option --{}; it has none at all", name);
  std::vector<std::string> names;
  for (const ScriptOption &option : options)
    names.push_back("--" + option.name);
  return fmt::format("the script has no option --{}; it has {}", name, fmt::join(names, ", "));
}

std::string form_of(const ScriptOption &option) {
  if (option.type.kind == TypeKind::Bool)
    return "--" + option.name;
  return fmt::format("--{}={}", option.name, option.type.is_integer() ? "NUMBER" : "TEXT");
}

}  // namespace

std::string default_text(const ScriptOption &option) {
  if (option.type.kind == TypeKind::Bool)
    return option.number ? "true" : "false";
  return option.type.is_integer() ? std::to_string(option.number) : fmt::format("\"{}\"", option.text);
}

std::optional<GivenOption> given_option(std::string_view word) {
  if (!word.starts_with("--") || word == "--")
    return std::nullopt;
  word.remove_prefix(2);
  size_t equals = word.find('=');
  GivenOption given{std::string(word.substr(0, equals)), std::nullopt};
  if (equals != std::string_view::npos)
    given.value = word.substr(equals + 1);
  return given;
}

std::optional<std::string> set_options(std::vector<ScriptOption> &options, const std::vector<GivenOption> &given) {
  for (const GivenOption &wish : given) {
    auto option = std::find_if(options.begin(), options.end(),
                               [&](const ScriptOption &known) { return known.name == wish.name; });
    if (option == options.end())
      return unknown_option(options, wish.name);
    if (auto problem = set_option(*option, wish))
      return problem;
    option->is_given = true;
  }
  return std::nullopt;
}

std::string options_help(const std::vector<ScriptOption> &options) {
  std::string text;
  size_t width = 0;
  for (const ScriptOption &option : options)
    width = std::max(width, form_of(option).size());
  for (const ScriptOption &option : options)
    text += fmt::format("  {:<{}}  {}{}(default {})\n", form_of(option), width, option.description,
                        option.description.empty() ? "" : " ", default_text(option));
  return text;
}

std::optional<int64_t> parse_number(std::string_view text) {
  bool is_negative = text.starts_with('-');
  if (is_negative)
    text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    base = 8;
  }
  uint64_t value = 0;
  auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || status != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return static_cast<int64_t>(is_negative ? 0 - value : value);
}

}  // namespace sonde::image
