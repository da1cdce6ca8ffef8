// Words an Error for a place in the script.
#include "probes/report_match.h"

#include <fmt/format.h>

#include <cerrno>

namespace sonde::probes {

// "use" repeats the attach point that the caret shows.
std::string match_sentence(const Error &error) {
  if (error.action.empty() || error.action == "use")
    return error.cause;
  return fmt::format("could not {} {}: {}", error.action, error.object, error.cause);
}

void report_match(Diagnostics &diagnostics, Location where, const Error &error, const std::string &missing_probes) {
  bool is_missing = error.error_number == ENOENT;
  if (is_missing && missing_probes == "ignore")
    return;
  Diagnostic &added = is_missing && missing_probes == "warn" ? diagnostics.warning(where, "{}", match_sentence(error))
                                                             : diagnostics.error(where, "{}", match_sentence(error));
  added.with_hint(error.hint);
}

}  // namespace sonde::probes
