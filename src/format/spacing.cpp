// One token back is enough for nearly all: whether an operand has just ended tells '-x' from 'a - x'.
#include "format/spacing.h"

namespace sonde::format {
namespace {

bool is_binary_operator(TokenKind kind) { return kind >= TokenKind::Plus && kind <= TokenKind::OrOr; }
bool is_assignment(TokenKind kind) { return kind >= TokenKind::Assign && kind <= TokenKind::XorAssign; }
bool is_step(TokenKind kind) { return kind == TokenKind::Increment || kind == TokenKind::Decrement; }

bool starts_type(TokenKind kind) {
  switch (kind) {
  case TokenKind::BuiltinType:
  case TokenKind::TypeIdentifier:
  case TokenKind::Struct:
  case TokenKind::Union:
  case TokenKind::Enum:
  case TokenKind::Typeof: return true;
  default: return false;
  }
}

// Their '(' follows at once.
bool is_called(TokenKind kind) {
  switch (kind) {
  case TokenKind::Identifier:
  case TokenKind::Sizeof:
  case TokenKind::Offsetof:
  case TokenKind::ContainerOf:
  case TokenKind::Typeinfo:
  case TokenKind::Typeof: return true;
  default: return false;
  }
}

bool has_condition(TokenKind kind) {
  switch (kind) {
  case TokenKind::If:
  case TokenKind::IfValue:
  case TokenKind::While:
  case TokenKind::For:
  case TokenKind::Unroll: return true;
  default: return false;
  }
}

bool is_operand(TokenKind kind) {
  switch (kind) {
  case TokenKind::Integer:
  case TokenKind::String:
  case TokenKind::Boolean:
  case TokenKind::Identifier:
  case TokenKind::Variable:
  case TokenKind::Map:
  case TokenKind::Parameter:
  case TokenKind::ParameterCount:
  case TokenKind::RightBracket: return true;
  default: return false;
  }
}

// Nothing stands between them and what is before them.
bool leans_left(TokenKind kind) {
  switch (kind) {
  case TokenKind::RightParen:
  case TokenKind::LeftBracket:
  case TokenKind::RightBracket:
  case TokenKind::Comma:
  case TokenKind::Semicolon:
  case TokenKind::Dot:
  case TokenKind::DotDot:
  case TokenKind::Arrow:
  case TokenKind::PredicateEnd: return true;
  default: return false;
  }
}

bool leans_right(TokenKind kind) {
  switch (kind) {
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::Dot:
  case TokenKind::DotDot:
  case TokenKind::Arrow:
  case TokenKind::PredicateStart: return true;
  default: return false;
  }
}

// "- -x" is not "--x", and "/ *p" no comment.
bool would_join(std::string_view before, std::string_view text) {
  if (before.empty() || text.empty())
    return false;
  char last = before.back(), first = text.front();
  return (last == first && std::string_view("+-&|<>=/").find(last) != std::string_view::npos) ||
         (last == '/' && first == '*');
}

}  // namespace

Spacing::Gap Spacing::before(const Piece &token) {
  TokenKind kind = token.token;
  bool type_star = is_type_star(kind);
  bool prefix = !type_star && !ends_operand_ && (is_binary_operator(kind) || is_step(kind));
  if (previous_ == TokenKind::LeftParen && starts_type(kind) && !parens_.empty())
    parens_.back().is_cast = parens_.back().may_be_cast;
  Gap gap{has_space(token, prefix, type_star), prefix ? std::nullopt : break_cost(kind)};
  if (prefix && was_binary_)
    gap.break_cost = break_cost(kind);
  remember(token, prefix, type_star);
  return gap;
}

bool Spacing::is_type_star(TokenKind kind) const { return kind == TokenKind::Star && ends_type_; }

bool Spacing::has_space(const Piece &token, bool prefix, bool type_star) const {
  TokenKind kind = token.token;
  if (would_join(previous_text_, token.text))
    return true;
  if (sticks_ || leans_right(previous_) || leans_left(kind))
    return false;
  if (is_step(kind) && !prefix)
    return false;
  if (type_star && was_type_star_)
    return false;
  if (kind == TokenKind::LeftParen)
    return !is_called(previous_);
  if (kind == TokenKind::Colon)
    return previous_ != TokenKind::Question && before_previous_ != TokenKind::Let;
  return true;
}

// Commas first, then the operators that bind least; an assignment only if nothing else is left.
std::optional<int> Spacing::break_cost(TokenKind kind) const {
  int depth = static_cast<int>(parens_.size()) * 10;
  if (leans_left(kind))
    return std::nullopt;
  if (previous_ == TokenKind::Comma)
    return depth;
  if (previous_ == TokenKind::AndAnd || previous_ == TokenKind::OrOr)
    return depth + 2;
  if (kind == TokenKind::Question)
    return depth + 4;
  if (was_binary_)
    return depth + 6;
  if (is_assignment(previous_))
    return depth + 100;
  return std::nullopt;
}

void Spacing::open(TokenKind kind) {
  bool is_paren = kind == TokenKind::LeftParen;
  parens_.push_back({is_paren && !is_called(previous_) && !has_condition(previous_), false,
                     is_paren && previous_ == TokenKind::Typeof});
}

void Spacing::close(TokenKind kind) {
  Paren paren = parens_.empty() ? Paren{} : parens_.back();
  if (!parens_.empty())
    parens_.pop_back();
  ends_operand_ = !paren.is_cast && !paren.is_typeof;
  ends_type_ = paren.is_typeof;
  sticks_ = kind == TokenKind::RightParen && paren.is_cast;
}

void Spacing::remember(const Piece &token, bool prefix, bool type_star) {
  TokenKind kind = token.token;
  bool names_type =
      kind == TokenKind::Identifier && (previous_ == TokenKind::Struct || previous_ == TokenKind::Union ||
                                        previous_ == TokenKind::Enum || (previous_ == TokenKind::Colon && ends_type_));
  bool declares = kind == TokenKind::Colon && before_previous_ == TokenKind::Let;
  was_binary_ = is_binary_operator(kind) && !prefix && !type_star;
  if (kind == TokenKind::RightParen || kind == TokenKind::RightBracket) {
    close(kind);
  } else {
    sticks_ = prefix;
    ends_operand_ = is_operand(kind) || (is_step(kind) && !prefix);
    // Behind the colon of a declaration stands a type, whatever it is.
    ends_type_ =
        names_type || declares || type_star || kind == TokenKind::BuiltinType || kind == TokenKind::TypeIdentifier;
    if (kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket)
      open(kind);
  }
  was_type_star_ = type_star;
  before_previous_ = previous_;
  previous_ = kind;
  previous_text_ = token.text;
}

}  // namespace sonde::format
