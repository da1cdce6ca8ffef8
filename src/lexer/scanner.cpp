// What the rules of lexer.l cannot say with a pattern: brackets, words, literals, bad input.
#include "lexer/scanner.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <unordered_map>
#include <utility>

#include "base/literals.h"

namespace sonde {

// Defined behind the rules in lexer.l.
void *open_flex(Scanner &scanner, std::string_view text, bool in_body);
TokenKind scan_flex(void *flex);
void close_flex(void *flex);

namespace {

const std::unordered_map<std::string_view, TokenKind> kWords = {
    {"if", TokenKind::If},
    {"else", TokenKind::Else},
    {"while", TokenKind::While},
    {"for", TokenKind::For},
    {"unroll", TokenKind::Unroll},
    {"return", TokenKind::Return},
    {"break", TokenKind::Break},
    {"continue", TokenKind::Continue},
    {"let", TokenKind::Let},
    {"sizeof", TokenKind::Sizeof},
    {"offsetof", TokenKind::Offsetof},
    {"container_of", TokenKind::ContainerOf},
    {"typeinfo", TokenKind::Typeinfo},
    {"typeof", TokenKind::Typeof},
    {"struct", TokenKind::Struct},
    {"union", TokenKind::Union},
    {"enum", TokenKind::Enum},
    {"comptime", TokenKind::Comptime},
    {"true", TokenKind::Boolean},
    {"false", TokenKind::Boolean},
    {"bool", TokenKind::BuiltinType},
    {"void", TokenKind::BuiltinType},
    {"char", TokenKind::BuiltinType},
    {"short", TokenKind::BuiltinType},
    {"int", TokenKind::BuiltinType},
    {"long", TokenKind::BuiltinType},
    {"signed", TokenKind::BuiltinType},
    {"unsigned", TokenKind::BuiltinType},
    {"int8", TokenKind::BuiltinType},
    {"int16", TokenKind::BuiltinType},
    {"int32", TokenKind::BuiltinType},
    {"int64", TokenKind::BuiltinType},
    {"uint8", TokenKind::BuiltinType},
    {"uint16", TokenKind::BuiltinType},
    {"uint32", TokenKind::BuiltinType},
    {"uint64", TokenKind::BuiltinType},
    {"string", TokenKind::BuiltinType},
};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// `text` without the space and comments at its front.
std::string_view skip_invisible(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_space(text[0]))
      text.remove_prefix(1);
    std::string_view end;
    if (text.starts_with("//"))
      end = "\n";
    else if (text.starts_with("/*"))
      end = "*/";
    else
      return text;
    size_t at = text.find(end, 2);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  }
}

// The first character of `text`, for a message.
std::string shown(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (lead > 0x20 && lead < 0x7f)
    return fmt::format("'{}'", text.substr(0, 1));
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  if (length > 0 && length <= text.size() && std::all_of(text.begin() + 1, text.begin() + length, continues))
    return fmt::format("'{}'", text.substr(0, length));
  return fmt::format("byte 0x{:02x}", lead);
}

}  // namespace

Scanner::Scanner(const Sources &sources, size_t file, Diagnostics &diagnostics, Start start)
    : file_(sources.file(file)), diagnostics_(diagnostics) {
  reject_binary();
  if (file_.text.starts_with(kByteOrderMark))
    offset_ = kByteOrderMark.size();
  flex_ = open_flex(*this, stopped_ ? std::string_view() : rest(), start == Start::Body);
}

Scanner::~Scanner() { close_flex(flex_); }

void Scanner::reject_binary() {
  size_t zero = file_.text.find('\0');
  if (zero == std::string::npos)
    return;
  auto at = file_.base + static_cast<uint32_t>(zero);
  Diagnostic &error = diagnostics_.error({at, at + 1}, "this is not a script: it holds a zero byte");
  if (file_.text.starts_with("\x7f"
                             "ELF"))
    error.with_hint("this is a compiled file; a script is text");
  stop();
}

std::string_view Scanner::text() const {
  return std::string_view(file_.text).substr(token_.begin - file_.base, token_.end - token_.begin);
}

std::string_view Scanner::rest() const { return std::string_view(file_.text).substr(offset_); }

void Scanner::advance(size_t length) {
  token_ = {file_.base + offset_, file_.base + offset_ + static_cast<uint32_t>(length)};
  offset_ += static_cast<uint32_t>(length);
}

Token Scanner::next() {
  auto end = file_.base + static_cast<uint32_t>(file_.text.size());
  if (stopped_)
    return {TokenKind::End, {end, end}, {}, 0};
  has_value_text_ = false;
  value_ = 0;
  unclosed_.reset();
  TokenKind kind = scan_flex(flex_);
  if (kind == TokenKind::End)
    return {TokenKind::End, {end, end}, {}, 0};
  before_previous_ = std::exchange(previous_, kind);
  std::string spelling(text());
  if (kind == TokenKind::Variable || kind == TokenKind::Map)
    spelling.erase(0, 1);
  return {kind, token_, has_value_text_ ? std::move(value_text_) : std::move(spelling), value_};
}

void Scanner::restart_at_probe(uint32_t offset) {
  open_.clear();
  braces_ = 0;
  block_in_predicate_ = false;
  previous_ = before_previous_ = TokenKind::End;
  offset_ = offset - file_.base;
  close_flex(flex_);
  flex_ = open_flex(*this, rest(), false);
}

TokenKind Scanner::open_bracket(char kind) {
  if (open_.size() >= kMaxNesting) {
    diagnostics_.error(token_, "brackets are nested more than {} deep here", kMaxNesting);
    stop();
    return TokenKind::End;
  }
  open_.push_back({kind, token_});
  if (kind == '{')
    ++braces_;
  return kind == '{' ? TokenKind::LeftBrace : kind == '(' ? TokenKind::LeftParen : TokenKind::LeftBracket;
}

// A '}' closes what was left open inside its block; ')' and ']' close only their own kind, and the
// parser complains about the others.
TokenKind Scanner::close_bracket(char kind) {
  if (kind == '{') {
    drop_unclosed();
    braces_ -= braces_ > 0;
  }
  if (!open_.empty() && open_.back().kind == kind)
    open_.pop_back();
  return kind == '{' ? TokenKind::RightBrace : kind == '(' ? TokenKind::RightParen : TokenKind::RightBracket;
}

TokenKind Scanner::open_block() {
  bool is_value = expects_value();
  TokenKind kind = open_bracket('{');
  return kind == TokenKind::LeftBrace && is_value ? TokenKind::BlockValue : kind;
}

// Behind an operator, an opening bracket and the like, what follows is an operand.
bool Scanner::expects_value() const {
  switch (previous_) {
  case TokenKind::PredicateStart:
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::Comma:
  case TokenKind::Colon:
  case TokenKind::Question:
  case TokenKind::DotDot:
  case TokenKind::Return:
  case TokenKind::Comptime:
  case TokenKind::Tilde:
  case TokenKind::Exclamation: return true;
  default: break;
  }
  bool is_operator = (previous_ >= TokenKind::Assign && previous_ <= TokenKind::XorAssign) ||
                     (previous_ >= TokenKind::Plus && previous_ <= TokenKind::OrOr);
  return is_operator;
}

TokenKind Scanner::semicolon() {
  drop_unclosed();
  return TokenKind::Semicolon;
}

void Scanner::drop_unclosed() {
  for (; !open_.empty() && open_.back().kind != '{'; open_.pop_back())
    if (!unclosed_)
      unclosed_ = open_.back();
}

TokenKind Scanner::word() {
  // Behind '.' and '->' every word is a field.
  if (previous_ == TokenKind::Dot || previous_ == TokenKind::Arrow)
    return TokenKind::Identifier;
  if (auto found = kWords.find(text()); found != kWords.end())
    return found->second == TokenKind::If && expects_value() ? TokenKind::IfValue : found->second;
  return previous_ == TokenKind::LeftParen && names_cast_type() ? TokenKind::TypeIdentifier : TokenKind::Identifier;
}

// True for the word in "(name *)", which is never an expression, and in "(name) operand", unless
// the parenthesis belongs to a call or a condition. "(name) - 1" and the like are expressions.
bool Scanner::names_cast_type() const {
  std::string_view ahead = skip_invisible(rest());
  bool star = ahead.starts_with('*');
  while (ahead.starts_with('*'))
    ahead = skip_invisible(ahead.substr(1));
  if (!ahead.starts_with(')'))
    return false;
  if (star)
    return true;
  switch (before_previous_) {
  case TokenKind::Identifier:
  case TokenKind::If:
  case TokenKind::IfValue:
  case TokenKind::While:
  case TokenKind::For:
  case TokenKind::Unroll:
  case TokenKind::Sizeof:
  case TokenKind::Offsetof:
  case TokenKind::ContainerOf:
  case TokenKind::Typeinfo:
  case TokenKind::Typeof: return false;
  default: break;
  }
  ahead = skip_invisible(ahead.substr(1));
  if (ahead.empty())
    return false;
  auto next = static_cast<unsigned char>(ahead[0]);
  return std::isalnum(next) || std::string_view("_$@\"(").find(ahead[0]) != std::string_view::npos;
}

char Scanner::next_visible() const {
  std::string_view ahead = skip_invisible(rest());
  return ahead.empty() ? '\0' : ahead[0];
}

bool Scanner::at_predicate_end() const { return next_visible() == '{'; }

TokenKind Scanner::integer() {
  IntegerLiteral literal = decode_integer(text());
  if (!literal.problem.empty())
    diagnostics_.error(token_, "'{}' {}", text().substr(0, 80), literal.problem);
  value_ = literal.value;
  return TokenKind::Integer;
}

TokenKind Scanner::string() {
  read_string(0);
  return TokenKind::String;
}

TokenKind Scanner::import() {
  read_string(text().find('"'));
  return TokenKind::Import;
}

// The string literal that stands from `quote` to the end of the token.
void Scanner::read_string(size_t quote) {
  StringLiteral literal = decode_string(text().substr(quote + 1, text().size() - quote - 2));
  if (literal.bad_length > 0) {
    size_t offset = quote + 1 + literal.bad_offset;
    auto at = token_.begin + static_cast<uint32_t>(offset);
    std::string_view escape = text().substr(offset, literal.bad_length);
    diagnostics_.error({at, at + static_cast<uint32_t>(literal.bad_length)}, "unknown escape '{}' in a string", escape)
        .with_hint("escapes are \\n \\r \\t \\\" \\\\, octal \\033 and hexadecimal \\x1b; a backslash itself is \\\\");
  }
  value_text_ = std::move(literal.value);
  has_value_text_ = true;
}

TokenKind Scanner::parameter() {
  IntegerLiteral literal;
  for (char c : text().substr(1)) {
    literal.value = literal.value * 10 + static_cast<uint64_t>(c - '0');
    if (literal.value > std::numeric_limits<uint16_t>::max())
      break;
  }
  if (literal.value == 0 || literal.value > std::numeric_limits<uint16_t>::max())
    diagnostics_.error(token_, "there is no parameter '{}'", text().substr(0, 80))
        .with_hint("parameters count from $1");
  value_ = literal.value;
  return TokenKind::Parameter;
}

void Scanner::unterminated_string() {
  diagnostics_.error(token_, "this string is not closed").with_hint("add '\"' before the end of the line");
}

void Scanner::unterminated_comment() {
  diagnostics_.error(comment_start_, "this comment is not closed").with_hint("add '*/' where it ends");
  stop();
}

void Scanner::begin_definition() { definition_start_ = token_; }

// C ends "struct x { … }" with a ';', scripts may leave it out: "struct x { … } BEGIN { … }". Names and
// attributes before a ';' are C's: "typedef struct { … } x;".
bool Scanner::definition_ends_at_brace() const {
  static constexpr std::string_view kNextItem[] = {"struct", "union", "enum", "typedef"};
  if (inside_block())
    return false;
  std::string_view ahead = skip_invisible(rest());
  for (std::string_view word : kNextItem)
    if (ahead.starts_with(word))
      return true;
  size_t end = ahead.find_first_of(";{}:/,=@#<\"");
  return end == std::string_view::npos || ahead[end] != ';';
}

TokenKind Scanner::end_definition() {
  token_ = Location::cover(definition_start_, token_);
  return TokenKind::CDefinition;
}

void Scanner::unterminated_definition() {
  Diagnostic &error = diagnostics_.error(definition_start_, "this C definition is not closed");
  error.with_hint(open_.empty() ? "add ';' where it ends" : "add '}' where it ends");
  if (!open_.empty())
    error.note(open_.front().where, "this '{' has no '}'");
  stop();
}

TokenKind Scanner::stray() {
  Diagnostic &error = diagnostics_.error(token_, "unexpected {}", shown(text()));
  if (text().front() == '\'')
    error.with_hint("strings take double quotes: \"text\"");
  else if (text() == "#" && (rest().starts_with("define") || rest().starts_with("include")))
    error.with_hint("C stands between probes, not inside of one");
  else if (text() == "#")
    error.with_hint("comments start with '//'");
  else if (text() == "$")
    error.with_hint("a variable is '$' and a name: $x");
  return TokenKind::Invalid;
}

}  // namespace sonde
