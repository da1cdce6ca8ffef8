// A command line as words, with a shell's quotes and backslashes but nothing else of a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sonde::runtime {

// At least one word. Errors: nothing but blanks, an unclosed quote.
Result<std::vector<std::string>> split_command(std::string_view command);

}  // namespace sonde::runtime
