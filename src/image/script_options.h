// What the command line gives a script: $1, $2 … and the values of its own options, getopt(name, default, description).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/type.h"

namespace sonde::image {

struct ScriptOption {
  std::string name;         // without the "--"
  std::string description;  // may be empty
  Type type;                // bool, int64 or string
  int64_t number = 0;       // bool, int64
  std::string text;         // string
  bool is_given = false;    // on the command line; else it has its default
};

struct GivenOption {
  std::string name;
  std::optional<std::string> value;  // behind the '='
};

// "--name" and "--name=value"; nothing for other words.
std::optional<GivenOption> given_option(std::string_view word);

// Sets what was given. Returns what is wrong with it, if anything is.
std::optional<std::string> set_options(std::vector<ScriptOption> &options, const std::vector<GivenOption> &given);

// A line for each: "  --name=NUMBER  description (default 5)".
std::string options_help(const std::vector<ScriptOption> &options);

// As its help shows it.
std::string default_text(const ScriptOption &option);

// The number that a whole text spells: 12, -3, 0x1f, 017.
std::optional<int64_t> parse_number(std::string_view text);

}  // namespace sonde::image
