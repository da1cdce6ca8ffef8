// Values of object-like macros.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cdefs/parse_c.h"
#include "cdefs/translation_unit.h"

namespace sonde::cdefs {

struct Macro {
  std::string name;
  std::string body;  // tokens joined by blanks where the source has any space
  bool is_in_script = false;
  bool may_be_constant = false;  // its body could be an expression
};

// The unit's object-like macros that have a body, the last definition of each; only `used` names if given.
std::vector<Macro> list_macros(const TranslationUnit &unit, const std::optional<std::set<std::string>> &used);

// C that declares a variable per macro that may be constant, for evaluate_macros() to read after a
// parse of the script with this text behind it. Empty when there is none.
std::string macro_probes(const std::vector<Macro> &macros);

// Fills `macros` and `macro_texts`. `unit` holds the script and macro_probes(macros); null: nothing is constant.
void evaluate_macros(const std::vector<Macro> &macros, const TranslationUnit *unit, Definitions &definitions);

}  // namespace sonde::cdefs
