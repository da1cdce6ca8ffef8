// The settings of Config as a table: one row per key, used by config blocks, the environment
// (BPFTRACE_NAME, SONDE_NAME), the image file and the reference page.
#pragma once

#include <span>
#include <string>
#include <string_view>

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
};

std::span<const ConfigKey> config_keys();
// The row with that name or old name, or null.
const ConfigKey *find_config_key(std::string_view name);
// Applies BPFTRACE_<KEY> and SONDE_<KEY> (the latter wins) from the environment.
Result<void> apply_environment(Config &config);

}  // namespace sonde::image
