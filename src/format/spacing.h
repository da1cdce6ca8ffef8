// Where a space stands between two tokens of a statement, and how gladly a long line is broken there.
#pragma once

#include <optional>
#include <vector>

#include "format/pieces.h"

namespace sonde::format {

class Spacing {
public:
  struct Gap {
    bool space = true;
    std::optional<int> break_cost;  // the least costly place of a line that is too long is broken; nothing: never
  };

  // The gap in front of `token`; to be asked for each token once, in their order.
  Gap before(const Piece &token);

  // Of '}': it ends a value, which operators may follow.
  void value_ends() { ends_operand_ = true; }

private:
  struct Paren {
    bool may_be_cast = false;
    bool is_cast = false;
    bool is_typeof = false;
  };

  bool has_space(const Piece &token, bool prefix, bool type_star) const;
  bool is_type_star(TokenKind kind) const;
  std::optional<int> break_cost(TokenKind kind) const;
  void open(TokenKind kind);
  void close(TokenKind kind);
  void remember(const Piece &token, bool prefix, bool type_star);

  TokenKind previous_ = TokenKind::Semicolon, before_previous_ = TokenKind::Semicolon;
  std::string_view previous_text_;
  std::vector<Paren> parens_;  // '(' and '['
  bool ends_operand_ = false;  // the last token: what follows it is no prefix
  bool ends_type_ = false;     // a '*' behind it is a pointer's
  bool sticks_ = false;        // a prefix, or the ')' of a cast
  bool was_type_star_ = false;
  bool was_binary_ = false;
};

}  // namespace sonde::format
