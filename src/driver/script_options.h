// The options that a script has of its own, by its calls of getopt(name[, default[, description]]), and
// what the command line gives them behind "--".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "sema/script_option.h"

namespace sonde::driver {

struct GivenOption {
  std::string name;
  std::optional<std::string> value;  // behind the '='
};

// The options of a program without macros, each once, in the order of the script. Reports calls that do
// not say what their option is.
std::vector<sema::ScriptOption> collect_options(const ast::Program &program, Diagnostics &diagnostics);

// Sets what was given. Returns what is wrong with it, if anything is.
std::optional<std::string> set_options(std::vector<sema::ScriptOption> &options, const std::vector<GivenOption> &given);

// What `sonde SCRIPT -- --help` prints.
std::string options_help(const std::vector<sema::ScriptOption> &options, const std::string &script);

}  // namespace sonde::driver
