// The settings of Config as a table: one row per key, used by config blocks, the environment
// (BPFTRACE_NAME, SONDE_NAME), the image file and the reference page.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"

namespace sonde::image {

struct ConfigKey {
  std::string_view name;      // "max_strlen"
  std::string_view old_name;  // "strlen", or empty
  std::string_view summary;
  // Parses and range-checks `text`; an Error's cause says what is allowed.
  Result<void> (*set)(Config &config, std::string_view text);
  std::string (*get)(const Config &config);
  // Nothing that is made while building depends on it: whoever runs an image may set it anew.
  bool is_of_run = false;
};

std::span<const ConfigKey> config_keys();
// The row with that name or old name, or null. Environment variables' forms are known too: MAX_STRLEN,
// BPFTRACE_MAX_STRLEN.
const ConfigKey *find_config_key(std::string_view name);
// The name of the table's row that sets the same: cpp_demangle for no_cpp_demangle, which is its opposite.
std::string_view current_name(const ConfigKey &key);
// Why a setting of bpftrace changes nothing here; nothing for values that ask for what is so anyway, and for other
// names.
std::optional<std::string> why_without_effect(std::string_view name, std::string_view value);
// True of settings that bpftrace has, or had, and that are not in the table.
bool is_without_effect(std::string_view name);
// True of what can only be set in the environment: BPFTRACE_BTF.
bool is_environment_only(std::string_view name);
// Applies BPFTRACE_<KEY> and SONDE_<KEY> (the latter wins) from the environment.
Result<void> apply_environment(Config &config);
// The same where an image that was built is run. Returns the names of settings that the build has settled otherwise.
Result<std::vector<std::string>> apply_environment_of_run(Config &config);

}  // namespace sonde::image
