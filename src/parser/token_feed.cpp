// Skipping after errors: blocks are skipped whole, and what ends a statement or a header is handed on.
#include "parser/token_feed.h"

#include <string>

#include "base/text.h"

namespace sonde::parser {
namespace {

// The grammar's stack holds a few entries per level of nesting; prefix operators, casts and
// conditional chains nest without brackets.
constexpr size_t kMaxStack = 6000;

bool is_begin_or_end(std::string_view word) {
  std::string lower = to_lower(word);
  return lower == "begin" || lower == "end";
}

}  // namespace

size_t TokenFeed::depth_after(size_t depth, TokenKind kind) {
  if (kind == TokenKind::LeftBrace)
    return depth + 1;
  return kind == TokenKind::RightBrace && depth > 0 ? depth - 1 : depth;
}

const Token &TokenFeed::next(size_t stack_height) {
  if (stack_height > kMaxStack && !stopped()) {
    diagnostics_.error(current_.where, "this is nested too deeply").with_hint("keep a part of it in a variable");
    stop();
  }
  Token token = skip_ == Skip::Statement ? skip_statement() : skip_ == Skip::Header ? skip_header() : take();
  skip_ = Skip::Nothing;
  deliver(std::move(token));
  if (current_.kind == TokenKind::Invalid)
    resume_after_error(std::nullopt);
  return current_;
}

void TokenFeed::deliver(Token token) {
  depth_before_ = depth_;
  depth_ = depth_after(depth_, token.kind);
  previous_ = std::move(current_);
  current_ = std::move(token);
  // A predicate lasts until the token after its end, so that an error there can still name it.
  if (current_.kind == TokenKind::PredicateStart)
    predicate_start_ = current_.where;
  else if (previous_.kind == TokenKind::PredicateEnd || previous_.kind == TokenKind::LeftBrace)
    predicate_start_.reset();
}

Token TokenFeed::take() {
  if (stopped())
    queue_.clear();
  if (queue_.empty())
    return scanner_.next();
  Token token = std::move(queue_.front());
  queue_.pop_front();
  return token;
}

bool TokenFeed::starts_line(Location where) const {
  const SourceFile &file = scanner_.file();
  size_t at = where.begin - file.base;
  return at == 0 || file.text[at - 1] == '\n';
}

std::optional<Location> TokenFeed::probe_inside_block() const {
  if (depth_before_ == 0)
    return std::nullopt;
  const std::string &text = scanner_.file().text;
  for (const Token *token : {&current_, &previous_}) {
    if (token->kind != TokenKind::Identifier || !starts_line(token->where))
      continue;
    size_t after = token->where.end - scanner_.file().base;
    bool has_colon = after + 1 < text.size() && text[after] == ':' && text[after + 1] != ' ';
    if (has_colon || is_begin_or_end(token->text))
      return token->where;
  }
  return std::nullopt;
}

void TokenFeed::resume_after_error(std::optional<Location> probe) {
  skip_ = Skip::Nothing;
  if (probe && !stopped()) {
    queue_.clear();
    scanner_.restart_at_probe(probe->begin);
    for (size_t i = 0; i < depth_before_; ++i)
      queue_.push_back(made_up(TokenKind::RightBrace, probe->begin));
    depth_ = depth_before_;
    return;
  }
  TokenKind kind = current_.kind;
  if (kind == TokenKind::Semicolon || kind == TokenKind::End)
    return;
  if (depth_before_ > 0) {
    if (kind == TokenKind::RightBrace)
      return;
    skip_ = Skip::Statement;
    skip_depth_ = depth_before_;
  } else if (kind != TokenKind::LeftBrace) {
    skip_ = Skip::Header;
  }
}

// Through the ';' of this statement, its block (with any else), or up to the '}' around it.
Token TokenFeed::skip_statement() {
  for (;;) {
    Token token = take();
    size_t before = depth_;
    size_t after = depth_after(depth_, token.kind);
    if (token.kind == TokenKind::End || after < skip_depth_)
      return token;
    if (token.kind == TokenKind::Semicolon && after == skip_depth_)
      return token;
    depth_ = after;
    if (token.kind != TokenKind::RightBrace || after != skip_depth_ || before == after)
      continue;
    uint32_t end = token.where.end;
    Token following = take();
    if (following.kind == TokenKind::Else)
      continue;
    queue_.push_front(std::move(following));
    return made_up(TokenKind::Semicolon, end);
  }
}

// Up to the '{' of this probe or to the header of the next one.
Token TokenFeed::skip_header() {
  for (;;) {
    Token token = take();
    if (token.kind == TokenKind::End || token.kind == TokenKind::Semicolon || token.kind == TokenKind::LeftBrace)
      return token;
    bool is_next = token.kind == TokenKind::Config || token.kind == TokenKind::Let ||
                   (token.kind == TokenKind::AttachPoint && starts_line(token.where));
    if (!is_next)
      continue;
    uint32_t begin = token.where.begin;
    queue_.push_front(std::move(token));
    return made_up(TokenKind::Semicolon, begin);
  }
}

}  // namespace sonde::parser
