// The command line of built executables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/option.h"

namespace sonde::runner {

struct CommandLine {
  bool wants_help = false;         // -h, --help
  std::vector<std::string> words;  // what is no option, and all behind --
};

// Sets what `options` point to. Throws UsageError.
CommandLine parse_command_line(std::span<const Option> options, int argc, char **argv);

// What --help prints: the summary, the usage, and a paragraph for each option.
// `words` follow the program's name in the usage.
std::string help_text(std::string_view program, std::string_view summary, std::string_view words,
                      std::span<const Option> options);

}  // namespace sonde::runner
