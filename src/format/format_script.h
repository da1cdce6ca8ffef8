// A script in its one canonical form, for --fmt: the same tokens, set anew.
//
// It works on tokens, not on the tree: comments, C, the spelling of literals and what #define stands for are no part
// of the tree, and have to stay as they are.
#pragma once

#include <string>

#include "base/source.h"

namespace sonde::format {

// The file must be one that the parser accepts. Formatting what comes out changes nothing.
std::string format_script(const Sources &sources, size_t file);

}  // namespace sonde::format
