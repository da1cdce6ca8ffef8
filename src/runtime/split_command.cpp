// Splits command lines.
#include "runtime/split_command.h"

namespace sonde::runtime {
namespace {

Error bad_command(std::string_view command, std::string cause) {
  return {"run", "'" + std::string(command) + "'", std::move(cause), {}, 0};
}

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  auto add = [&](char c) {
    if (!in_word)
      words.emplace_back();
    in_word = true;
    words.back() += c;
  };
  for (size_t i = 0; i < command.size(); ++i) {
    char c = command[i];
    bool escapes = c == '\\' && quote != '\'' && i + 1 < command.size();
    if (escapes && (quote == 0 || command[i + 1] == '"' || command[i + 1] == '\\')) {
      add(command[++i]);
    } else if (quote != 0) {
      c == quote ? void(quote = 0) : add(c);
    } else if (c == '"' || c == '\'') {
      quote = c;
      if (!in_word)
        words.emplace_back();  // "" is a word
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      in_word = false;
    } else {
      add(c);
    }
  }
  if (quote != 0)
    return bad_command(command, std::string("a quote (") + quote + ") is not closed");
  if (words.empty() || words.front().empty())
    return bad_command(command, "there is no command in it");
  return words;
}

}  // namespace sonde::runtime
