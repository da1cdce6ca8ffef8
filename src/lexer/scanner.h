// The scanner behind lexer.l: where it stands, which brackets are open, and the next token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "lexer/token.h"

namespace sonde {

class Scanner {
public:
  // Brackets nest this deep at most: what walks the tree is recursive.
  static constexpr size_t kMaxNesting = 300;

  // Where the text starts: before a probe, or among the statements of one.
  enum class Start : uint8_t { TopLevel, Body };

  Scanner(const Sources &sources, size_t file, Diagnostics &diagnostics, Start start = Start::TopLevel);
  ~Scanner();
  Scanner(const Scanner &) = delete;
  Scanner &operator=(const Scanner &) = delete;

  // The next token; End again and again after the last one.
  Token next();

  // Forgets open brackets and scans on from `offset`, where a probe's header stands.
  void restart_at_probe(uint32_t offset);
  // Hands out no further tokens: the input is hopeless, and that has been reported.
  void stop() { stopped_ = true; }
  bool stopped() const { return stopped_; }

  struct Bracket {
    char kind;  // '{', '(' or '['
    Location where;
  };
  const std::vector<Bracket> &open_brackets() const { return open_; }
  // The innermost '(' or '[' that the last token, a ';' or '}', left without its end.
  const std::optional<Bracket> &unclosed() const { return unclosed_; }
  const SourceFile &file() const { return file_; }
  Diagnostics &diagnostics() { return diagnostics_; }

  // ---- For the rules of lexer.l ----

  void advance(size_t length);
  TokenKind open_bracket(char kind);
  TokenKind close_bracket(char kind);
  // The '{' of a block; one that stands where a value is expected begins a block expression.
  TokenKind open_block();
  bool inside_block() const { return braces_ > 0; }
  // The outermost block is an expression of a predicate, which goes on behind it.
  void begin_block_in_predicate() { block_in_predicate_ = true; }
  bool end_block_in_predicate() { return std::exchange(block_in_predicate_, false); }
  // The word just read, as a keyword, a type or a name.
  TokenKind word();
  // True when a top-level "config" is a block of settings, not a probe's text.
  bool at_config_block() const { return next_visible() == '='; }
  // After the '/' just read: true when only space and comments are before a '{'.
  bool at_predicate_end() const;
  TokenKind integer();
  TokenKind string();
  TokenKind parameter();
  // The path of an import, of which the whole was just read.
  TokenKind import();
  void unterminated_string();
  TokenKind semicolon();
  // True for a '#!' line at the very start, which is for the system.
  bool shebang() const { return token_.begin == file_.base && text().starts_with("#!"); }
  void begin_definition();
  // After a '}': true when the C definition is complete without what follows.
  bool definition_ends_at_brace() const;
  // Makes the whole definition the token.
  TokenKind end_definition();
  void unterminated_definition();
  void begin_comment() { comment_start_ = token_; }
  void unterminated_comment();
  TokenKind stray();

private:
  void drop_unclosed();
  std::string_view text() const;
  std::string_view rest() const;
  char next_visible() const;
  bool names_cast_type() const;
  bool expects_value() const;
  void read_string(size_t quote);
  void reject_binary();

  const SourceFile &file_;
  Diagnostics &diagnostics_;
  void *flex_ = nullptr;
  uint32_t offset_ = 0;  // of the next character, in the file
  Location token_;
  Location comment_start_;
  Location definition_start_;
  TokenKind previous_ = TokenKind::End, before_previous_ = TokenKind::End;
  std::vector<Bracket> open_;
  std::optional<Bracket> unclosed_;
  size_t braces_ = 0;
  bool stopped_ = false;
  bool block_in_predicate_ = false;
  std::string value_text_;
  bool has_value_text_ = false;
  uint64_t value_ = 0;
};

}  // namespace sonde
