// Puts a syntax error into words: what was seen, what could stand there, and the likely remedy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "lexer/token.h"
#include "parser/token_feed.h"

namespace sonde::parser {

class SyntaxErrors {
public:
  // More than this says nothing new: parsing stops.
  static constexpr size_t kMaxErrors = 20;

  SyntaxErrors(TokenFeed &feed, Diagnostics &diagnostics) : feed_(feed), diagnostics_(diagnostics) {}

  // The current token of the feed cannot stand where it does; these could. Reports it and sends
  // the feed to where parsing resumes.
  void report(const std::vector<TokenKind> &expected);

private:
  void report_foreign_item();
  void report_probe_inside_block(Location probe);
  void report_token(const std::vector<TokenKind> &expected);
  void add_hint(Diagnostic &error, const std::vector<TokenKind> &expected) const;
  std::string_view habit_of_c(const std::vector<TokenKind> &expected) const;
  bool ends_predicate() const;
  void add_bracket_note(Diagnostic &error, const std::vector<TokenKind> &expected) const;
  std::string found() const;

  TokenFeed &feed_;
  Diagnostics &diagnostics_;
  size_t count_ = 0;
  bool reported_foreign_ = false;
};

}  // namespace sonde::parser
