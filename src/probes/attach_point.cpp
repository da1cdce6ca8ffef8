// Splits "provider:spec".
#include <fmt/format.h>

#include "base/text.h"
#include "probes/provider.h"

namespace sonde::probes {
namespace {

// One-letter names are left out: everything is near to them.
std::vector<std::string> provider_names() {
  std::vector<std::string> names;
  for (const Provider *provider : providers()) {
    names.emplace_back(provider->name());
    for (std::string_view alias : provider->aliases())
      if (alias.size() > 2)
        names.emplace_back(alias);
  }
  return names;
}

}  // namespace

Result<ProviderSpec> split_attach_point(std::string_view text) {
  size_t colon = text.find(':');
  std::string_view name = trim(text.substr(0, colon));
  std::string_view spec = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (const Provider *provider = find_provider(name))
    return ProviderSpec{provider, trim(spec)};
  std::vector<std::string> names = provider_names();
  std::string hint = did_you_mean(name, names);
  if (hint.empty())
    hint = fmt::format("providers are: {}", fmt::join(names, ", "));
  return Error{"use", std::string(text), fmt::format("there is no provider '{}'", name), std::move(hint)};
}

}  // namespace sonde::probes
