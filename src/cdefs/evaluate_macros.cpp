// Has Clang evaluate macros as initializers of variables, one a line: bodies that are no constant
// expressions fail alone.
#include "cdefs/evaluate_macros.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

namespace sonde::cdefs {
namespace {

constexpr std::string_view kProbePrefix = "sonde_macro_";

// Whether a token can be part of a constant expression; `depth` counts open brackets.
bool fits_expression(std::string_view token, int &depth) {
  static constexpr std::array kForeign = {"{",   "}",       ";",       "#",       "##",     "do",
                                          "if",  "for",     "while",   "return",  "switch", "goto",
                                          "asm", "__asm__", "_Pragma", "typedef", "extern", "static"};
  if (token == "(" || token == "[")
    ++depth;
  if (token == ")" || token == "]")
    --depth;
  return depth >= 0 && std::find(kForeign.begin(), kForeign.end(), token) == kForeign.end();
}

// Fills body and may_be_constant from the macro's tokens, of which the first is its name.
void read_body(const TranslationUnit &unit, CXCursor cursor, Macro &macro) {
  const Libclang &clang = unit.clang();
  CXToken *tokens = nullptr;
  unsigned count = 0, previous_end = 0;
  clang.tokenize(unit.handle(), clang.getCursorExtent(cursor), &tokens, &count);
  int depth = 0;
  macro.may_be_constant = true;
  for (unsigned i = 1; i < count; ++i) {
    if (clang.getTokenKind(tokens[i]) == CXToken_Comment)
      continue;
    CXSourceRange extent = clang.getTokenExtent(unit.handle(), tokens[i]);
    unsigned begin = 0, end = 0;
    clang.getExpansionLocation(clang.getRangeStart(extent), nullptr, nullptr, nullptr, &begin);
    clang.getExpansionLocation(clang.getRangeEnd(extent), nullptr, nullptr, nullptr, &end);
    std::string text = clang.take(clang.getTokenSpelling(unit.handle(), tokens[i]));
    macro.may_be_constant = fits_expression(text, depth) && macro.may_be_constant;
    macro.body += (macro.body.empty() || begin == previous_end ? "" : " ") + text;
    previous_end = end;
  }
  macro.may_be_constant = macro.may_be_constant && depth == 0 && !macro.body.empty();
  clang.disposeTokens(unit.handle(), tokens, count);
}

struct ListVisit {
  const TranslationUnit *unit;
  const std::set<std::string> *used;
  std::vector<Macro> *macros;
  std::map<std::string, size_t> places;
};

void list_macro(ListVisit &visit, CXCursor cursor) {
  const Libclang &clang = visit.unit->clang();
  if (clang.getCursorKind(cursor) != CXCursor_MacroDefinition || clang.Cursor_isMacroBuiltin(cursor) ||
      clang.Cursor_isMacroFunctionLike(cursor))
    return;
  Macro macro;
  macro.name = clang.take(clang.getCursorSpelling(cursor));
  if (visit.used && !visit.used->contains(macro.name))
    return;
  if (visit.unit->file_of(cursor).empty())
    return;  // the compiler's own
  macro.is_in_script = visit.unit->is_in_main(cursor);
  read_body(*visit.unit, cursor, macro);
  if (macro.body.empty())
    return;
  auto [place, is_new] = visit.places.emplace(macro.name, visit.macros->size());
  if (is_new)
    visit.macros->push_back(std::move(macro));
  else
    (*visit.macros)[place->second] = std::move(macro);
}

std::optional<Constant> read_constant(const Libclang &clang, CXCursor variable) {
  CXEvalResult result = clang.Cursor_Evaluate(variable);
  if (!result)
    return std::nullopt;
  std::optional<Constant> constant;
  switch (clang.EvalResult_getKind(result)) {
  case CXEval_Int:
    if (clang.EvalResult_isUnsignedInt(result) && clang.EvalResult_getAsUnsigned(result) > INT64_MAX)
      constant = uint64_t{clang.EvalResult_getAsUnsigned(result)};
    else
      constant = int64_t{clang.EvalResult_getAsLongLong(result)};
    break;
  case CXEval_StrLiteral:
    if (const char *text = clang.EvalResult_getAsStr(result))
      constant = std::string(text);
    break;
  default: break;
  }
  clang.EvalResult_dispose(result);
  return constant;
}

struct EvaluateVisit {
  const TranslationUnit *unit;
  const std::vector<Macro> *macros;
  std::set<uint32_t> wrong_lines;  // of the main file
  Definitions *definitions;
};

void evaluate_probe(const EvaluateVisit &visit, CXCursor cursor) {
  const Libclang &clang = visit.unit->clang();
  if (clang.getCursorKind(cursor) != CXCursor_VarDecl)
    return;
  std::string name = clang.take(clang.getCursorSpelling(cursor));
  size_t index = visit.macros->size();
  if (name.starts_with(kProbePrefix))
    std::from_chars(name.data() + kProbePrefix.size(), name.data() + name.size(), index);
  // Clang guesses on after an error, so there may be a value all the same.
  if (index >= visit.macros->size() || visit.wrong_lines.contains(visit.unit->line_of(cursor)))
    return;
  if (auto constant = read_constant(clang, cursor))
    visit.definitions->macros.insert_or_assign((*visit.macros)[index].name, std::move(*constant));
}

}  // namespace

std::vector<Macro> list_macros(const TranslationUnit &unit, const std::optional<std::set<std::string>> &used) {
  std::vector<Macro> macros;
  ListVisit visit{&unit, used ? &*used : nullptr, &macros, {}};
  unit.clang().visitChildren(
      unit.root(),
      [](CXCursor cursor, CXCursor, CXClientData data) {
        list_macro(*static_cast<ListVisit *>(data), cursor);
        return CXChildVisit_Continue;
      },
      &visit);
  return macros;
}

std::string macro_probes(const std::vector<Macro> &macros) {
  std::string text;
  for (size_t i = 0; i < macros.size(); ++i)
    if (macros[i].may_be_constant)
      text += fmt::format("static const __auto_type {}{} = {};\n", kProbePrefix, i, macros[i].name);
  return text;
}

void evaluate_macros(const std::vector<Macro> &macros, const TranslationUnit *unit, Definitions &definitions) {
  if (unit) {
    EvaluateVisit visit{unit, &macros, {}, &definitions};
    for (const ClangError &error : unit->errors())
      if (error.is_in_main)
        visit.wrong_lines.insert(error.line);
    unit->clang().visitChildren(
        unit->root(),
        [](CXCursor cursor, CXCursor, CXClientData data) {
          evaluate_probe(*static_cast<const EvaluateVisit *>(data), cursor);
          return CXChildVisit_Continue;
        },
        &visit);
  }
  for (const Macro &macro : macros)
    if (macro.is_in_script && !definitions.macros.contains(macro.name))
      definitions.macro_texts.insert_or_assign(macro.name, macro.body);
}

}  // namespace sonde::cdefs
