// What is wrong with a script, collected by every phase and printed once.
//
// A phase reports all that it finds and goes on; the driver stops between phases when
// has_errors(). Printed form, one per diagnostic:
//
//   stdin:1:12-16: ERROR: unknown identifier 'pidd'
//   BEGIN { print(pidd) }
//                 ^~~~
//   HINT: did you mean 'pid'?
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/source.h"

namespace sonde {

enum class Severity { Error, Warning };

struct DiagnosticNote {
  Location where;
  std::string message;
};

struct Diagnostic {
  Severity severity = Severity::Error;
  Location where;
  std::string message;                // what is wrong, without a full stop
  std::vector<DiagnosticNote> notes;  // "first used here", with their own line and caret
  std::string hint;                   // what would fix it; may be empty

  Diagnostic &note(Location at, std::string text) {
    notes.push_back({at, std::move(text)});
    return *this;
  }
  Diagnostic &with_hint(std::string text) {
    hint = std::move(text);
    return *this;
  }
};

class Diagnostics {
public:
  // The returned reference is for adding notes and a hint at once; the next report ends its life.
  template <typename... Args> Diagnostic &error(Location where, fmt::format_string<Args...> text, Args &&...args) {
    return add(Severity::Error, where, fmt::format(text, std::forward<Args>(args)...));
  }
  template <typename... Args> Diagnostic &warning(Location where, fmt::format_string<Args...> text, Args &&...args) {
    return add(Severity::Warning, where, fmt::format(text, std::forward<Args>(args)...));
  }

  bool has_errors() const { return errors_ > 0; }
  const std::vector<Diagnostic> &all() const { return all_; }

  // All diagnostics in the printed form above, in the order of their places in the script. At most
  // `limit` errors are printed, with a last line that counts the rest.
  std::string format(const Sources &sources, bool colour = false, bool warnings = true, size_t limit = 20) const;

private:
  Diagnostic &add(Severity severity, Location where, std::string message);

  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

}  // namespace sonde
