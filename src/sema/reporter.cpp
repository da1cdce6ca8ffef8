// Drops repeated and premature diagnostics.
#include "sema/reporter.h"

namespace sonde::sema {

Diagnostic &Reporter::add(Severity severity, Location where, std::string message) {
  if (silent_ || !said_.insert(fmt::format("{}-{} {}", where.begin, where.end, message)).second) {
    dropped_ = {};
    return dropped_;
  }
  return severity == Severity::Error ? sink_.error(where, "{}", message) : sink_.warning(where, "{}", message);
}

}  // namespace sonde::sema
