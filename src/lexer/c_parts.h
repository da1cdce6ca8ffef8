// The C in a script, and the names that the rest of it uses: what the C phase wants to know before
// the script is parsed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/source.h"

namespace sonde {

struct CParts {
  // Definitions and preprocessor lines, in the order of the script.
  std::vector<Location> where;
  // Every identifier of the script outside of its C, and every word of its preprocessor lines, which
  // may be macros that others are made of.
  std::set<std::string> names;

  // As long as the script's text, and each byte at its place: what is not C is blank, and definitions
  // have the ';' that scripts may leave out.
  std::string text(const SourceFile &file) const;
};

// Reports nothing: the parser meets the same tokens again.
CParts find_c_parts(const Sources &sources, size_t file);

}  // namespace sonde
