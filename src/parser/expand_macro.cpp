// As in C, a macro is not expanded again inside its own text.
#include "parser/expand_macro.h"

#include <algorithm>

#include "lexer/scanner.h"

namespace sonde::parser {
namespace {

// Macros that double their text with every level make more tokens than anybody means.
constexpr size_t kMaxTokens = 10000;

class Expansion {
public:
  Expansion(const Macros &macros, Location where) : macros_(macros), where_(where) {}

  // False when a text is not of this language, or too long.
  bool add(const std::string &name) {
    active_.push_back(name);
    Sources sources;
    Diagnostics problems;
    Scanner scanner(sources, sources.add(name, macros_.at(name)), problems, Scanner::Start::Body);
    bool is_good = true;
    for (Token token = scanner.next(); is_good && token.kind != TokenKind::End; token = scanner.next())
      is_good = add(std::move(token));
    active_.pop_back();
    return is_good && !problems.has_errors();
  }

  std::vector<Token> take() { return std::move(tokens_); }

private:
  bool add(Token token) {
    bool is_active = std::find(active_.begin(), active_.end(), token.text) != active_.end();
    if (!is_active && names_macro(token, macros_))
      return add(token.text);
    token.where = where_;
    tokens_.push_back(std::move(token));
    return tokens_.size() < kMaxTokens;
  }

  const Macros &macros_;
  Location where_;
  std::vector<std::string> active_;
  std::vector<Token> tokens_;
};

}  // namespace

bool names_macro(const Token &token, const Macros &macros) {
  return token.kind == TokenKind::Identifier && macros.contains(token.text);
}

std::vector<Token> expand_macro(const Token &name, const Macros &macros, Diagnostics &diagnostics) {
  Expansion expansion(macros, name.where);
  bool is_good = expansion.add(name.text);
  std::vector<Token> tokens = expansion.take();
  if (is_good && !tokens.empty())
    return tokens;
  diagnostics.error(name.where, "the macro '{}' cannot be used here: its text is '{}'", name.text,
                    macros.at(name.text));
  return {};
}

}  // namespace sonde::parser
