// kprobe:tcp_* { A }  kretprobe:tcp_* { B }  →  one program: at a return B, else A.
#include "sema/pair_sessions.h"

#include "probes/kprobe.h"
#include "probes/provider_rows.h"

namespace sonde::sema {
namespace {

bool is_free(const Unit &unit, image::ProviderKind kind) {
  return unit.provider->kind() == kind && unit.targets.size() > 1;
}

// The same functions in the same order, with names at one distance: the kernel gives a program the cookie of the entry.
bool are_of_same_functions(const Unit &entry, const Unit &at_return) {
  if (entry.targets.size() != at_return.targets.size())
    return false;
  uint64_t distance = at_return.targets.front().name_index - entry.targets.front().name_index;
  for (size_t i = 0; i < entry.targets.size(); ++i) {
    const image::Target &first = entry.targets[i], &second = at_return.targets[i];
    if (first.module != second.module || first.function != second.function ||
        second.name_index - first.name_index != distance)
      return false;
  }
  return true;
}

Unit *find_return(Analysis &analysis, const Unit &entry) {
  for (Unit &unit : analysis.units)
    if (is_free(unit, image::ProviderKind::Kretprobe) && are_of_same_functions(entry, unit))
      return &unit;
  return nullptr;
}

}  // namespace

void pair_sessions(Analysis &analysis, kernel::Kernel &kernel) {
  for (Unit &entry : analysis.units) {
    if (!is_free(entry, image::ProviderKind::Kprobe) || !probes::can_share_kprobe_link(entry.targets))
      continue;
    Unit *at_return = find_return(analysis, entry);
    // The kernel's own function that tells entries from returns is for programs under its licence.
    if (!at_return || analysis.config.license != "GPL" || !kernel.has(kernel::Feature::KprobeSession))
      continue;
    entry.provider = &probes::kprobe_session_provider();
    entry.session_return = static_cast<uint32_t>(at_return - analysis.units.data());
    at_return->provider = &probes::kretprobe_session_provider();
    at_return->is_session_return = true;
    at_return->cookie_distance = at_return->targets.front().name_index - entry.targets.front().name_index;
  }
}

}  // namespace sonde::sema
