// Skipping after errors: blocks are skipped whole, and what ends a statement or a header is handed on.
#include "parser/token_feed.h"

#include <iterator>
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
  if (kind == TokenKind::LeftBrace || kind == TokenKind::BlockValue)
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
  if (diagnostics_.all().size() > kMaxDiagnostics)
    stop();
  if (stopped())
    queue_.clear();
  if (queue_.empty())
    return scan();
  Token token = std::move(queue_.front());
  queue_.pop_front();
  return token;
}

Token TokenFeed::scan() {
  Token token = scanner_.next();
  if (macros_.empty() || !names_macro(token, macros_))
    return token;
  std::vector<Token> body = expand_macro(token, macros_, diagnostics_);
  if (body.empty())
    return {TokenKind::Invalid, token.where, {}, 0};
  queue_.insert(queue_.end(), std::make_move_iterator(body.begin() + 1), std::make_move_iterator(body.end()));
  return std::move(body.front());
}

Token TokenFeed::peek() {
  Token token = take();
  queue_.push_front(token);
  return token;
}

bool TokenFeed::starts_line(Location where) const {
  const SourceFile &file = scanner_.file();
  size_t at = where.begin - file.base;
  return at == 0 || file.text[at - 1] == '\n';
}

bool TokenFeed::starts_probe(const Token &token) const {
  if (token.kind != TokenKind::Identifier || !starts_line(token.where))
    return false;
  const std::string &text = scanner_.file().text;
  size_t after = token.where.end - scanner_.file().base;
  bool has_colon = after + 1 < text.size() && text[after] == ':' && text[after + 1] != ' ';
  return has_colon || is_begin_or_end(token.text);
}

std::optional<Location> TokenFeed::probe_inside_block() const {
  if (depth_before_ == 0)
    return std::nullopt;
  for (const Token *token : {&current_, &previous_})
    if (starts_probe(*token))
      return token->where;
  return std::nullopt;
}

// The first of the '}' that `open` blocks lack; the others and the probe follow.
Token TokenFeed::close_blocks_before(Location probe, size_t open) {
  queue_.clear();
  scanner_.restart_at_probe(probe.begin);
  for (size_t i = 1; i < open; ++i)
    queue_.push_back(made_up(TokenKind::RightBrace, probe.begin));
  depth_ = open;
  return made_up(TokenKind::RightBrace, probe.begin);
}

void TokenFeed::resume_after_error(std::optional<Location> probe) {
  skip_ = Skip::Nothing;
  if (probe && !stopped()) {
    Token first = close_blocks_before(*probe, depth_before_);
    queue_.push_front(std::move(first));
    return;
  }
  TokenKind kind = current_.kind;
  if (kind == TokenKind::Semicolon || kind == TokenKind::End)
    return;
  // The scanner has passed the whole of it.
  if (kind == TokenKind::ForeignItem) {
    queue_.push_front(made_up(TokenKind::Semicolon, current_.where.end));
    return;
  }
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
    // The mistake has swallowed a '}'.
    if (starts_probe(token))
      return close_blocks_before(token.where, skip_depth_);
    depth_ = after;
    bool ends_block = token.kind == TokenKind::RightBrace && before > after;
    if (after != skip_depth_ || !(ends_block || token.kind == TokenKind::Semicolon))
      continue;
    if (peek().kind != TokenKind::Else)
      return made_up(TokenKind::Semicolon, token.where.end);
  }
}

// Up to the '{' of this probe, the end of this declaration, or to the header of the next probe.
Token TokenFeed::skip_header() {
  Token last = current_;
  for (;;) {
    Token following = peek();
    TokenKind kind = following.kind;
    bool starts_item = kind == TokenKind::AttachPoint || kind == TokenKind::CDefinition || kind == TokenKind::Config ||
                       kind == TokenKind::Let || kind == TokenKind::Macro || kind == TokenKind::Import;
    bool new_line = starts_line(following.where);
    bool after_end = last.kind == TokenKind::Semicolon && kind != TokenKind::RightBrace;
    if (kind == TokenKind::End || (new_line && (starts_item || after_end)))
      return made_up(TokenKind::Semicolon, last.where.end);
    last = take();
    if (last.kind == TokenKind::LeftBrace)
      return last;
  }
}

}  // namespace sonde::parser
