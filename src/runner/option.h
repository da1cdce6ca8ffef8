// Options as rows: sonde's command line reads them through CLI11, executables that it builds through the C library,
// which costs them a tenth of the bytes.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sonde::runner {

struct Option {
  // What it sets: a flag, a flag that counts, a text, or numbers or words between commas.
  using Target = std::variant<bool *, int *, std::string *, std::optional<std::string> *, std::vector<int> *,
                              std::vector<std::string> *>;

  std::string names;  // "-o,--output"
  Target target;
  std::string help;
  std::string argument = {};              // what --help calls its value; flags have none
  std::vector<std::string> choices = {};  // the values that it takes, if not any
};

// A command line that cannot be used; `message` says why.
struct UsageError {
  std::string message;
};

}  // namespace sonde::runner
