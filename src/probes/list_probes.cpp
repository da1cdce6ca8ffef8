// `-l`: all that can be probed and matches a pattern.
#include <algorithm>

#include "base/text.h"
#include "probes/provider.h"

namespace sonde::probes {
namespace {

// The providers that the part before the first ':' means: one by name, or several by a pattern.
std::vector<const Provider *> providers_matching(std::string_view pattern) {
  if (const Provider *exact = find_provider(pattern))
    return {exact};
  std::vector<const Provider *> matching;
  for (const Provider *provider : providers())
    if (matches_glob(to_lower(pattern), provider->name()))
      matching.push_back(provider);
  return matching;
}

// kretprobes are set on the functions that kprobes are, fexit on those of fentry: a pattern that does not name
// them lists these once.
bool repeats_another(const Provider &provider, std::string_view pattern) {
  bool is_return = provider.kind() == image::ProviderKind::Kretprobe || provider.kind() == image::ProviderKind::Fexit;
  return is_return && pattern.starts_with("*");
}

// Every spelling of every provider that the whole pattern matches. A provider that cannot be asked (no
// tracefs, no permission) does not hide the others, but is reported when nothing else was found.
Result<std::vector<std::string>> list_everywhere(std::string_view pattern, const MatchOptions &options) {
  std::vector<std::string> lines;
  std::optional<Error> first_error;
  for (const Provider *provider : providers()) {
    if (repeats_another(*provider, pattern))
      continue;
    auto listed = provider->list("*", options);
    if (!listed && !first_error)
      first_error = listed.error();
    if (!listed)
      continue;
    for (std::string &line : *listed)
      if (matches_glob(pattern, line))
        lines.push_back(std::move(line));
  }
  if (lines.empty() && first_error)
    return *first_error;
  return lines;
}

Result<std::vector<std::string>> list_matching(std::string_view pattern, const MatchOptions &options) {
  if (pattern.empty())
    return list_everywhere("*", options);
  size_t colon = pattern.find(':');
  if (colon == std::string_view::npos) {
    const Provider *provider = find_provider(pattern);
    return provider ? provider->list("*", options) : list_everywhere(pattern, options);
  }
  std::string_view spec = pattern.substr(colon + 1);
  std::vector<const Provider *> asked = providers_matching(pattern.substr(0, colon));
  if (asked.empty())
    return split_attach_point(pattern).error();
  std::vector<std::string> lines;
  for (const Provider *provider : asked) {
    auto listed = provider->list(spec.empty() ? "*" : spec, options);
    if (!listed && asked.size() == 1)
      return listed.error();
    if (listed)
      lines.insert(lines.end(), std::make_move_iterator(listed->begin()), std::make_move_iterator(listed->end()));
  }
  return lines;
}

}  // namespace

Result<std::vector<std::string>> list_probes(std::string_view pattern, bool verbose, const MatchOptions &options) {
  auto lines = list_matching(trim(pattern), options);
  if (!lines || !verbose)
    return lines;
  std::vector<std::string> detailed;
  for (std::string &line : *lines) {
    auto split = split_attach_point(line);
    auto arguments = split ? split->provider->arguments(split->spec, options) : std::vector<std::string>{};
    detailed.push_back(std::move(line));
    if (arguments)
      for (const std::string &argument : *arguments)
        detailed.push_back("    " + argument);
  }
  return detailed;
}

}  // namespace sonde::probes
