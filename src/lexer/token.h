// What the scanner hands to the parser: kind, place and value of one token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/source.h"

namespace sonde {

// name, and how messages speak of it. Kinds with a fixed spelling are quoted. Messages name what
// was expected in this order, so what is forgotten most often stands first.
#define SONDE_TOKENS(X)                                                                                                \
  X(End, "the end of the script")                                                                                      \
  X(AttachPoint, "a probe")                                                                                            \
  X(Otherwise, "'?"                                                                                                    \
               "?'")                                                                                                   \
  X(CDefinition, "a C definition")                                                                                     \
  X(ForeignItem, "an import or a macro")                                                                               \
  X(Import, "an import")                                                                                               \
  X(Macro, "a macro")                                                                                                  \
  X(Config, "'config'")                                                                                                \
  X(Let, "'let'")                                                                                                      \
  X(If, "'if'")                                                                                                        \
  X(Else, "'else'")                                                                                                    \
  X(While, "'while'")                                                                                                  \
  X(For, "'for'")                                                                                                      \
  X(Unroll, "'unroll'")                                                                                                \
  X(Return, "'return'")                                                                                                \
  X(Break, "'break'")                                                                                                  \
  X(Continue, "'continue'")                                                                                            \
  X(IfValue, "'if'")                                                                                                   \
  X(Comptime, "'comptime'")                                                                                            \
  X(Sizeof, "'sizeof'")                                                                                                \
  X(Offsetof, "'offsetof'")                                                                                            \
  X(ContainerOf, "'container_of'")                                                                                     \
  X(Typeinfo, "'typeinfo'")                                                                                            \
  X(Typeof, "'typeof'")                                                                                                \
  X(Struct, "'struct'")                                                                                                \
  X(Union, "'union'")                                                                                                  \
  X(Enum, "'enum'")                                                                                                    \
  X(Boolean, "'true' or 'false'")                                                                                      \
  X(Identifier, "a name")                                                                                              \
  X(BuiltinType, "a type")                                                                                             \
  X(TypeIdentifier, "a type")                                                                                          \
  X(Integer, "a number")                                                                                               \
  X(String, "a string")                                                                                                \
  X(Variable, "a variable ($x)")                                                                                       \
  X(Map, "a map (@x)")                                                                                                 \
  X(Parameter, "a parameter ($1)")                                                                                     \
  X(ParameterCount, "'$#'")                                                                                            \
  X(Semicolon, "';'")                                                                                                  \
  X(Comma, "','")                                                                                                      \
  X(PredicateStart, "a '/' with a predicate")                                                                          \
  X(PredicateEnd, "the '/' that ends the predicate")                                                                   \
  X(LeftBrace, "'{'")                                                                                                  \
  X(BlockValue, "'{'")                                                                                                 \
  X(RightBrace, "'}'")                                                                                                 \
  X(LeftParen, "'('")                                                                                                  \
  X(RightParen, "')'")                                                                                                 \
  X(LeftBracket, "'['")                                                                                                \
  X(RightBracket, "']'")                                                                                               \
  X(Colon, "':'")                                                                                                      \
  X(Question, "'?'")                                                                                                   \
  X(DotDot, "'..'")                                                                                                    \
  X(Dot, "'.'")                                                                                                        \
  X(Arrow, "'->'")                                                                                                     \
  X(Assign, "'='")                                                                                                     \
  X(AddAssign, "'+='")                                                                                                 \
  X(SubtractAssign, "'-='")                                                                                            \
  X(MultiplyAssign, "'*='")                                                                                            \
  X(DivideAssign, "'/='")                                                                                              \
  X(ModuloAssign, "'%='")                                                                                              \
  X(ShiftLeftAssign, "'<<='")                                                                                          \
  X(ShiftRightAssign, "'>>='")                                                                                         \
  X(AndAssign, "'&='")                                                                                                 \
  X(OrAssign, "'|='")                                                                                                  \
  X(XorAssign, "'^='")                                                                                                 \
  X(Increment, "'++'")                                                                                                 \
  X(Decrement, "'--'")                                                                                                 \
  X(Plus, "'+'")                                                                                                       \
  X(Minus, "'-'")                                                                                                      \
  X(Star, "'*'")                                                                                                       \
  X(Slash, "'/'")                                                                                                      \
  X(Percent, "'%'")                                                                                                    \
  X(ShiftLeft, "'<<'")                                                                                                 \
  X(ShiftRight, "'>>'")                                                                                                \
  X(Ampersand, "'&'")                                                                                                  \
  X(Pipe, "'|'")                                                                                                       \
  X(Caret, "'^'")                                                                                                      \
  X(Tilde, "'~'")                                                                                                      \
  X(Exclamation, "'!'")                                                                                                \
  X(Less, "'<'")                                                                                                       \
  X(LessEqual, "'<='")                                                                                                 \
  X(Greater, "'>'")                                                                                                    \
  X(GreaterEqual, "'>='")                                                                                              \
  X(Equal, "'=='")                                                                                                     \
  X(NotEqual, "'!='")                                                                                                  \
  X(AndAnd, "'&&'")                                                                                                    \
  X(OrOr, "'||'")

enum class TokenKind : uint8_t {
#define SONDE_TOKEN_KIND(name, words) name,
  SONDE_TOKENS(SONDE_TOKEN_KIND)
#undef SONDE_TOKEN_KIND
      Invalid,  // already reported; the parser only has to resume after it
};

struct Token {
  TokenKind kind = TokenKind::End;
  Location where;
  // Names without their sigil, strings with escapes resolved, else the spelling.
  std::string text;
  uint64_t value = 0;  // of integers and parameters
};

// "IDENTIFIER": for dumps.
std::string_view token_name(TokenKind kind);
// "a name", "';'": for messages.
std::string_view token_words(TokenKind kind);

}  // namespace sonde
