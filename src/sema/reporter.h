// Diagnostics of type checking: silent while types are still being found, and each said once
// although the body of a probe may be checked for several units.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace sonde::sema {

class Reporter {
public:
  explicit Reporter(Diagnostics &sink) : sink_(sink) {}

  void set_silent(bool silent) { silent_ = silent; }
  bool is_silent() const { return silent_; }

  // While what a macro stands for is checked. Reports inside its definition are shown at its use.
  void enter(const ast::Expansion &expansion) { expansions_.push_back(&expansion); }
  void leave() { expansions_.pop_back(); }
  bool is_inside_macro() const { return !expansions_.empty(); }

  // The reference is for notes and a hint; the next report ends its life.
  Diagnostic &error(Location where, std::string message) { return add(Severity::Error, where, std::move(message)); }
  Diagnostic &warning(Location where, std::string message) { return add(Severity::Warning, where, std::move(message)); }

private:
  Diagnostic &add(Severity severity, Location where, std::string message);
  std::vector<DiagnosticNote> way_to(Location &where) const;

  std::vector<const ast::Expansion *> expansions_;  // outermost first
  Diagnostics &sink_;
  bool silent_ = false;
  std::unordered_set<std::string> said_;
  Diagnostic dropped_;
};

}  // namespace sonde::sema
