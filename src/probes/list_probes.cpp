// `-l`: all that can be probed and matches a pattern.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>

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

// kretprobes are set on the functions that kprobes are, and so on: a pattern that does not name them lists these
// once.
bool repeats_another(const Provider &provider, std::string_view pattern) {
  using image::ProviderKind;
  bool is_return = provider.kind() == ProviderKind::Kretprobe || provider.kind() == ProviderKind::Fexit ||
                   provider.kind() == ProviderKind::Kretsyscall;
  return is_return && pattern.starts_with("*");
}

std::optional<Error> nothing_matches(std::string_view pattern, const Listing &listing) {
  if (!listing.lines.empty() || listing.left_out.empty())
    return std::nullopt;
  return Error{"list", std::string(pattern),
               fmt::format("nothing matches, without what this kernel lacks: {}", fmt::join(listing.left_out, ", ")),
               "a pattern that begins with the provider, as kprobe:, lists what another kernel would have", ENOENT};
}

// Every spelling of every provider that the whole pattern matches. A provider that cannot be asked (no
// tracefs, no permission) does not hide the others, but is reported when nothing else was found. Names of
// functions that this kernel cannot probe anyway would take ten times as long as all the rest.
Result<Listing> list_everywhere(std::string_view pattern, const MatchOptions &options) {
  Listing listing;
  std::vector<std::string> &lines = listing.lines;
  std::optional<Error> first_error;
  std::vector<const Provider *> asked;
  for (const Provider *provider : providers()) {
    if (repeats_another(*provider, pattern))
      continue;
    std::string_view lack = provider->lack(options.kernel);
    if (lack.empty())
      asked.push_back(provider);
    else
      listing.left_out.push_back(fmt::format("{} ({})", provider->name(), lack));
  }
  if (listing.left_out.empty())
    options.kernel.expect_functions();
  for (const Provider *provider : asked) {
    auto listed = provider->list("*", options);
    if (!listed && !first_error)
      first_error = listed.error();
    if (!listed)
      continue;
    for (std::string &line : *listed)
      if (pattern == "*" || matches_glob(pattern, line))
        lines.push_back(std::move(line));
  }
  if (lines.empty() && first_error)
    return *first_error;
  if (auto error = nothing_matches(pattern, listing))
    return *error;
  return listing;
}

// "struct file", "enum *": types instead of probes.
bool is_about_types(std::string_view pattern) {
  return pattern.starts_with("struct ") || pattern.starts_with("union ") || pattern.starts_with("enum ");
}

Result<std::vector<std::string>> list_types(std::string_view pattern, bool verbose, kernel::Kernel &kernel) {
  auto names = kernel.type_names(pattern);
  if (!names)
    return names;
  if (names->empty()) {
    auto all = kernel.type_names("*");
    std::string hint = all && !has_glob(pattern) ? did_you_mean(pattern, *all) : std::string();
    return Error{"list", std::string(pattern), "the kernel has no such type", std::move(hint), ENOENT};
  }
  for (std::string &name : *names) {
    if (!verbose)
      continue;
    auto definition = kernel.type_definition(name);
    if (!definition)
      return definition.error();
    name = definition.take();
  }
  return names;
}

Result<Listing> with_nothing_left_out(Result<std::vector<std::string>> lines) {
  if (!lines)
    return lines.error();
  return Listing{lines.take(), {}};
}

Result<Listing> list_matching(std::string_view pattern, const MatchOptions &options) {
  if (pattern.empty())
    return list_everywhere("*", options);
  size_t colon = pattern.find(':');
  if (colon == std::string_view::npos) {
    const Provider *provider = find_provider(pattern);
    return provider ? with_nothing_left_out(provider->list("*", options)) : list_everywhere(pattern, options);
  }
  std::string_view spec = pattern.substr(colon + 1);
  std::vector<const Provider *> asked = providers_matching(pattern.substr(0, colon));
  if (asked.empty())
    return split_attach_point(pattern).error();
  Listing listing;
  std::vector<std::string> &lines = listing.lines;
  for (const Provider *provider : asked) {
    auto listed = provider->list(spec.empty() ? "*" : spec, options);
    if (!listed && asked.size() == 1)
      return listed.error();
    if (listed)
      lines.insert(lines.end(), std::make_move_iterator(listed->begin()), std::make_move_iterator(listed->end()));
  }
  return listing;
}

}  // namespace

Result<Listing> list_probes(std::string_view pattern, bool verbose, const MatchOptions &options) {
  if (is_about_types(trim(pattern)))
    return with_nothing_left_out(list_types(trim(pattern), verbose, options.kernel));
  auto listing = list_matching(trim(pattern), options);
  if (listing && verbose)
    listing->lines = with_arguments(std::move(listing->lines), options);
  return listing;
}

std::vector<std::string> with_arguments(std::vector<std::string> lines, const MatchOptions &options) {
  std::vector<std::string> detailed;
  for (std::string &line : lines) {
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
