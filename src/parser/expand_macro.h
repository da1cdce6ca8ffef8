// C macros that stand for a piece of the script: a name → the tokens of its text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "lexer/token.h"

namespace sonde::parser {

using Macros = std::map<std::string, std::string>;

bool names_macro(const Token &token, const Macros &macros);

// The tokens that `name` stands for, macros in them expanded too, all at the place of `name`. Empty
// after a report: the text has no tokens of this language.
std::vector<Token> expand_macro(const Token &name, const Macros &macros, Diagnostics &diagnostics);

}  // namespace sonde::parser
