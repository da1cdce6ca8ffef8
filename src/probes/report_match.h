// How it is told that an attach point matches nothing: while a script is compiled, and again where a built one is
// loaded.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/result.h"

namespace sonde::probes {

// The sentence of an Error without its hint, for messages that show the attach point.
std::string match_sentence(const Error &error);

// Reports at `where` why a spec could not be matched. What does not exist is an error, a warning or not reported, as
// the setting missing_probes says; all else is an error.
void report_match(Diagnostics &diagnostics, Location where, const Error &error, const std::string &missing_probes);

}  // namespace sonde::probes
