// Tokens on their way into the grammar. After an error it skips to where parsing can resume, so
// that one mistake is one message.
#pragma once

#include <deque>
#include <optional>

#include "lexer/scanner.h"
#include "parser/expand_macro.h"

namespace sonde::parser {

class TokenFeed {
public:
  // More diagnostics than this, of scanner and grammar together, help nobody: the feed ends.
  static constexpr size_t kMaxDiagnostics = 100;

  TokenFeed(const Sources &sources, size_t file, const Macros &macros, Diagnostics &diagnostics)
      : scanner_(sources, file, diagnostics), macros_(macros), diagnostics_(diagnostics) {}

  // The next token for a parser whose stack is this high.
  const Token &next(size_t stack_height);

  // The last token handed out and the one before it.
  const Token &current() const { return current_; }
  const Token &previous() const { return previous_; }

  // Where the grammar stands, seen from the token before the current one.
  bool in_block() const { return depth_before_ > 0; }
  bool in_predicate() const { return predicate_start_.has_value(); }
  Location predicate_start() const { return *predicate_start_; }
  const Scanner &scanner() const { return scanner_; }

  // The first token of a probe's header that stands inside an open block, when the current token
  // belongs to one: the sign of a forgotten '}'.
  std::optional<Location> probe_inside_block() const;

  // Called for a syntax error at the current token. Skips the rest of the statement, or of the
  // probe's header. From `probe` on, open blocks are closed and the probe is read as such.
  void resume_after_error(std::optional<Location> probe);
  void stop() { scanner_.stop(); }
  bool stopped() const { return scanner_.stopped(); }

private:
  enum class Skip { Nothing, Statement, Header };

  Token take();
  Token scan();
  Token skip_statement();
  bool starts_probe(const Token &token) const;
  Token close_blocks_before(Location probe, size_t open);
  Token skip_header();
  void deliver(Token token);
  Token peek();
  static size_t depth_after(size_t depth, TokenKind kind);
  bool starts_line(Location where) const;
  Token made_up(TokenKind kind, uint32_t offset) const { return {kind, {offset, offset}, {}, 0}; }

  Scanner scanner_;
  const Macros &macros_;
  Diagnostics &diagnostics_;
  std::deque<Token> queue_;
  Token current_, previous_;
  std::optional<Location> predicate_start_;
  size_t depth_ = 0, depth_before_ = 0;
  Skip skip_ = Skip::Nothing;
  size_t skip_depth_ = 0;
};

}  // namespace sonde::parser
