// The options that a script has of its own, by its calls of getopt(name[, default[, description]]), and
// what the command line gives them behind "--".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "image/script_options.h"

namespace sonde::driver {

// The options of a program without macros, each once, in the order of the script. Reports calls that do
// not say what their option is.
std::vector<image::ScriptOption> collect_options(const ast::Program &program, Diagnostics &diagnostics);

// What `sonde SCRIPT -- --help` prints.
std::string options_help(const std::vector<image::ScriptOption> &options, const std::string &script);

}  // namespace sonde::driver
