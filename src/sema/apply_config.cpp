// Applies `config = { key = value }` through the table of settings.
#include "sema/apply_config.h"

#include <algorithm>

#include "base/text.h"
#include "image/config.h"
#include "kernel/requirements.h"

namespace sonde::sema {
namespace {

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const image::ConfigKey &key : image::config_keys())
    names.emplace_back(key.name);
  return names;
}

void report_unknown(const ast::ConfigEntry &entry, Diagnostics &diagnostics) {
  if (image::is_without_effect(entry.key)) {
    if (auto reason = image::why_without_effect(entry.key, entry.value))
      diagnostics.warning(entry.where, "{} = {} has no effect: {}", entry.key, entry.value, *reason);
    return;
  }
  std::string hint = image::is_environment_only(entry.key) ? "this can only be set in the environment"
                                                           : did_you_mean(entry.key, key_names());
  diagnostics.error(entry.where, "Unknown setting: '{}'", entry.key).with_hint(std::move(hint));
}

void warn_of_old_name(const ast::ConfigEntry &entry, const image::ConfigKey &key, Diagnostics &diagnostics) {
  std::string_view current = image::current_name(key);
  bool is_opposite = current != key.name;
  if (to_lower(entry.key).ends_with(current) && !is_opposite)
    return;
  diagnostics.warning(entry.where, "{} is an old name of a setting", entry.key)
      .with_hint(is_opposite ? fmt::format("{} is its opposite", current) : fmt::format("it is {} now", current));
}

void apply(const ast::ConfigEntry &entry, image::Config &config, Diagnostics &diagnostics) {
  const image::ConfigKey *key = image::find_config_key(entry.key);
  if (!key) {
    report_unknown(entry, diagnostics);
    return;
  }
  warn_of_old_name(entry, *key, diagnostics);
  // What the environment says goes before the script, whose value must be right all the same.
  image::Config other;
  const std::vector<std::string> &given = config.from_environment;
  bool is_given = std::find(given.begin(), given.end(), image::current_name(*key)) != given.end();
  Result<void> applied = key->set(is_given ? other : config, entry.value);
  if (!applied)
    diagnostics.error(entry.value_where, "{} cannot be '{}': {}", entry.key, entry.value, applied.error().cause)
        .with_hint(applied.error().hint);
}

}  // namespace

void apply_config(const ast::Program &program, kernel::Kernel &kernel, image::Config &config,
                  Diagnostics &diagnostics) {
  for (const ast::ConfigEntry &entry : program.config)
    apply(entry, config, diagnostics);
  if (!config.max_strlen_was_given && kernel.version() < kernel::kLongKeys)
    config.max_strlen = kShortStrings;
}

}  // namespace sonde::sema
