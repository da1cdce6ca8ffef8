// Source text → tokens.
//
// The scanner is flex's (lexer.l, scanner.h). This header is what `-d tokens` and the tests use; the
// parser calls the scanner directly.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/source.h"

namespace sonde {

// The tokens of a file, one a line: "1:1-5  AttachPoint  BEGIN".
std::string dump_tokens(const Sources &sources, size_t file, Diagnostics &diagnostics);

}  // namespace sonde
