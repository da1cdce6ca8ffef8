// Words for syntax errors. The grammar says which tokens could stand at a place; what belongs
// together (all that starts an expression, all operators) is named as one thing.
#include "parser/syntax_error.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace sonde::parser {
namespace {

using enum TokenKind;

constexpr auto kStatementOnly = std::to_array<TokenKind>({Let, If, While, For, Unroll, Return, Break, Continue});
constexpr auto kExpression = std::to_array<TokenKind>(
    {Boolean,   Identifier, Integer, String,   Variable,  Map,      Parameter,   ParameterCount,
     LeftParen, BlockValue, IfValue, Comptime, Sizeof,    Offsetof, ContainerOf, Typeinfo,
     Increment, Decrement,  Minus,   Star,     Ampersand, Tilde,    Exclamation});
constexpr auto kType = std::to_array<TokenKind>({BuiltinType, TypeIdentifier, Struct, Union, Enum, Typeof});
// What can follow a complete operand; never the most helpful thing to say.
constexpr auto kContinuation = std::to_array<TokenKind>({Plus,
                                                         Minus,
                                                         Star,
                                                         Slash,
                                                         Percent,
                                                         ShiftLeft,
                                                         ShiftRight,
                                                         Ampersand,
                                                         Pipe,
                                                         Caret,
                                                         Less,
                                                         LessEqual,
                                                         Greater,
                                                         GreaterEqual,
                                                         Equal,
                                                         NotEqual,
                                                         AndAnd,
                                                         OrOr,
                                                         Question,
                                                         Dot,
                                                         Arrow,
                                                         LeftBracket,
                                                         LeftParen,
                                                         Increment,
                                                         Decrement,
                                                         Assign,
                                                         AddAssign,
                                                         SubtractAssign,
                                                         MultiplyAssign,
                                                         DivideAssign,
                                                         ModuloAssign,
                                                         ShiftLeftAssign,
                                                         ShiftRightAssign,
                                                         AndAssign,
                                                         OrAssign,
                                                         XorAssign});

bool has(std::span<const TokenKind> kinds, TokenKind kind) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// Takes all of `group` out of `kinds` and adds `name` once, when `sign` says that the group is meant.
void fold(std::vector<TokenKind> &kinds, std::vector<std::string> &names, TokenKind sign,
          std::span<const TokenKind> group, std::string_view name) {
  if (!has(kinds, sign))
    return;
  std::erase_if(kinds, [&](TokenKind kind) { return has(group, kind); });
  if (!name.empty())
    names.emplace_back(name);
}

std::string join_words(const std::vector<std::string> &names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

// "an expression or '}'": at most a handful of things.
std::string describe(std::vector<TokenKind> kinds) {
  std::vector<std::string> names;
  if (has(kinds, Return)) {
    std::erase_if(kinds, [](TokenKind kind) { return kind == LeftBrace || kind == Semicolon || kind == Else; });
    fold(kinds, names, Return, kStatementOnly, "a statement");
    fold(kinds, names, Integer, kExpression, "");
  } else if (has(kinds, Tilde)) {
    fold(kinds, names, Tilde, kExpression, "an expression");
    fold(kinds, names, BuiltinType, kType, "");
  } else if (has(kinds, Boolean)) {
    names.emplace_back("a value");
    kinds.clear();
  } else {
    fold(kinds, names, Percent, kContinuation, "");
    fold(kinds, names, BuiltinType, kType, "a type");
  }
  // A name in front of a probe is reserved.
  if (has(kinds, PredicateStart))
    std::erase(kinds, Assign);
  for (TokenKind kind : kinds)
    names.emplace_back(token_words(kind));
  return names.empty() ? "an operator" : join_words(names);
}

constexpr size_t kMaxShown = 40;

// The start of a long text, not ending inside a character.
std::string_view cut(std::string_view text) {
  size_t length = std::min(kMaxShown, text.size());
  while (length > 0 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;
  return text.substr(0, length);
}

}  // namespace

void SyntaxErrors::report(const std::vector<TokenKind> &expected) {
  if (feed_.stopped())
    return;
  auto probe = feed_.probe_inside_block();
  if (feed_.current().kind == ForeignItem)
    report_foreign_item();
  else if (probe)
    report_probe_inside_block(*probe);
  else
    report_token(expected);
  feed_.resume_after_error(probe);
  if (++count_ >= kMaxErrors)
    feed_.stop();
}

std::string SyntaxErrors::found() const {
  const Token &token = feed_.current();
  if (token.kind == End)
    return "the end of the script";
  const SourceFile &file = feed_.scanner().file();
  std::string_view text =
      std::string_view(file.text).substr(token.where.begin - file.base, token.where.end - token.where.begin);
  text = text.substr(0, text.find('\n'));
  if (token.kind == String)
    return text.size() > kMaxShown ? "a string" : "the string " + std::string(text);
  return text.size() > kMaxShown ? fmt::format("'{}...'", cut(text)) : fmt::format("'{}'", text);
}

// A preamble has many of them; the first says it all.
void SyntaxErrors::report_foreign_item() {
  if (std::exchange(reported_foreign_, true))
    return;
  const Token &token = feed_.current();
  std::string_view word = token.text;
  word = word.substr(0, word.find_first_of(" \t\r\n<\""));
  auto end = token.where.begin + static_cast<uint32_t>(word.size());
  diagnostics_.error({token.where.begin, end}, "a probe was expected here, found '{}'", word)
      .with_hint(word == "fn" ? "there are no functions; a macro may do: macro name(x) { x + 1 }"
                              : "imports are written import \"file.bt\"");
}

void SyntaxErrors::report_probe_inside_block(Location probe) {
  Diagnostic &error = diagnostics_.error(probe, "a probe starts here, but the block before it is not closed");
  for (const Scanner::Bracket &bracket : feed_.scanner().open_brackets())
    if (bracket.kind == '{' && bracket.where.begin < probe.begin) {
      error.note(bracket.where, "this '{' has no '}'");
      break;
    }
  error.with_hint("add '}' before the probe");
}

void SyntaxErrors::report_token(const std::vector<TokenKind> &expected) {
  const Token &token = feed_.current();
  if (!feed_.in_block() && has(expected, AttachPoint) && has(expected, Config)) {
    Diagnostic &error = diagnostics_.error(token.where, "a probe was expected here, found {}", found());
    if (token.kind == RightBrace)
      error.with_hint("this '}' closes nothing; is there one too many?");
    return;
  }
  Location where = token.where;
  // What is forgotten at an end is missed right behind the token before, which may be lines above.
  bool missing_end = has(expected, Semicolon) && !has(expected, Return) && feed_.in_block();
  uint32_t before = feed_.previous().where.end;
  if (before > 0 && (missing_end || token.kind == End))
    where = {before, before};
  Diagnostic &error = diagnostics_.error(where, "expected {}, found {}", describe(expected), found());
  add_bracket_note(error, expected);
  add_hint(error, expected);
}

void SyntaxErrors::add_bracket_note(Diagnostic &error, const std::vector<TokenKind> &expected) const {
  // Only where something ends; elsewhere the bracket may well be closed later.
  TokenKind found = feed_.current().kind;
  if (found != End && found != Semicolon && found != LeftBrace && found != RightBrace && found != RightParen &&
      found != RightBracket)
    return;
  const auto &open = feed_.scanner().open_brackets();
  const auto &unclosed = feed_.scanner().unclosed();
  if (open.empty() && !unclosed)
    return;
  const Scanner::Bracket &bracket = unclosed ? *unclosed : open.back();
  TokenKind closing = bracket.kind == '{' ? RightBrace : bracket.kind == '(' ? RightParen : RightBracket;
  if (has(expected, closing) && (found == End || bracket.kind != '{'))
    error.note(bracket.where, fmt::format("this '{}' is not closed", bracket.kind));
}

// Whether a '/' and a '{' end the line.
bool SyntaxErrors::ends_predicate() const {
  const SourceFile &file = feed_.scanner().file();
  std::string_view line = std::string_view(file.text).substr(feed_.current().where.begin - file.base);
  line = line.substr(0, std::min(line.find('{'), line.find('\n')));
  line = line.substr(0, line.find_last_not_of(" \t") + 1);
  return line.ends_with('/');
}

// What other languages write so.
std::string_view SyntaxErrors::habit_of_c(const std::vector<TokenKind> &expected) const {
  TokenKind found = feed_.current().kind, previous = feed_.previous().kind;
  std::string_view before = feed_.previous().text;
  bool is_loop = (found == Assign && has(expected, Colon) && previous == Variable && !has(expected, Semicolon)) ||
                 (found == BuiltinType && has(expected, Variable) && (previous == For || previous == LeftParen));
  if (is_loop)
    return "loops go over ranges and maps: for ($i : 0..10) { ... }";
  if (found == Identifier && previous == Let)
    return "variables are written with a $: let $x = 1";
  if (found == BuiltinType && has(expected, Return))
    return "variables need no type: $x = 1";
  if (previous == Identifier && (before == "elif" || before == "elsif" || before == "elseif"))
    return "it is written 'else if'";
  return "";
}

void SyntaxErrors::add_hint(Diagnostic &error, const std::vector<TokenKind> &expected) const {
  TokenKind found = feed_.current().kind;
  bool in_condition = has(expected, RightParen) || has(expected, LeftBrace);
  if (feed_.in_predicate() && (found == LeftBrace || found == End))
    error.note(feed_.predicate_start(), "the predicate starts here").with_hint("a predicate ends with '/' before '{'");
  else if (found == Assign && feed_.previous().kind == Assign && has(expected, AttachPoint))
    error.with_hint("a predicate needs space before its '/': probe /condition/ { ... }");
  else if (has(expected, PredicateStart) && feed_.previous().text.find('/') != std::string::npos)
    error.with_hint("a predicate needs space before its '/': probe /condition/ { ... }");
  else if (has(expected, PredicateStart) && (found == Assign || found == LeftParen))
    error.with_hint("code stands inside a probe: BEGIN { ... }");
  else if (has(expected, PredicateStart) && found == AttachPoint && ends_predicate())
    error.with_hint("a predicate stands between two '/': probe /condition/ { ... }");
  else if (has(expected, PredicateStart) && found == AttachPoint)
    error.with_hint("code stands in braces, and commas between probes: BEGIN, END { ... }");
  else if (found == Assign && (feed_.in_predicate() || in_condition))
    error.with_hint("'==' compares; '=' assigns, and only as a statement");
  else if (feed_.in_block() && has(expected, LeftBrace) && !has(expected, Return))
    error.with_hint("bodies stand in braces: { ... }");
  else if (std::string_view hint = habit_of_c(expected); !hint.empty())
    error.with_hint(std::string(hint));
}

}  // namespace sonde::parser
