// A script as it is written: its tokens as they are spelled, and the comments between them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "lexer/token.h"

namespace sonde::format {

struct Piece {
  enum class Kind : uint8_t { Token, LineComment, BlockComment };

  Kind kind = Kind::Token;
  TokenKind token = TokenKind::End;  // of Kind::Token
  std::string_view text;             // of the file, which must outlive it
  size_t lines_before = 0;           // line breaks since the piece before
  size_t column = 0;                 // where it starts, from 0

  bool is(TokenKind wanted) const { return kind == Kind::Token && token == wanted; }
  bool is_comment() const { return kind != Kind::Token; }
};

// All pieces; the last one is the End. A first line for the system (#!) counts as a comment.
std::vector<Piece> read_pieces(const Sources &sources, size_t file);

}  // namespace sonde::format
