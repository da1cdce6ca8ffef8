// Drops repeated and premature diagnostics.
#include "sema/reporter.h"

namespace sonde::sema {

// Moves `where` out of macros, to the use in the script; what it passed on the way, outermost first.
std::vector<DiagnosticNote> Reporter::way_to(Location &where) const {
  std::vector<DiagnosticNote> notes;
  for (auto expansion = expansions_.rbegin(); expansion != expansions_.rend(); ++expansion) {
    Location definition = (*expansion)->definition;
    if (where.begin < definition.begin || where.end > definition.end)
      continue;
    notes.insert(notes.begin(), {where, fmt::format("in the macro '{}'", (*expansion)->macro)});
    where = (*expansion)->use;
  }
  return notes;
}

Diagnostic &Reporter::add(Severity severity, Location where, std::string message) {
  if (silent_) {
    dropped_ = {};
    return dropped_;
  }
  Location origin = where;
  std::vector<DiagnosticNote> notes = way_to(where);
  if (!said_.insert(fmt::format("{} {}-{} {}", where.begin, origin.begin, origin.end, message)).second) {
    dropped_ = {};
    return dropped_;
  }
  Diagnostic &report =
      severity == Severity::Error ? sink_.error(where, "{}", message) : sink_.warning(where, "{}", message);
  report.notes = std::move(notes);
  return report;
}

}  // namespace sonde::sema
