// Applies `config = { key = value }` through the table of settings.
#include "sema/apply_config.h"

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

void apply(const ast::ConfigEntry &entry, image::Config &config, Diagnostics &diagnostics) {
  const image::ConfigKey *key = image::find_config_key(entry.key);
  if (!key) {
    diagnostics.error(entry.where, "Unknown setting: '{}'", entry.key).with_hint(did_you_mean(entry.key, key_names()));
    return;
  }
  Result<void> applied = key->set(config, entry.value);
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
