// The imports of a script, which are read before it is parsed.
#pragma once

#include <string>
#include <vector>

#include "base/source.h"

namespace sonde {

struct Import {
  std::string path;  // as written
  Location where;
};

// Reports nothing: the parser meets the same tokens again.
std::vector<Import> find_imports(const Sources &sources, size_t file);

}  // namespace sonde
