// The table of providers. A new one is a row here and a file of its own.
#include <array>
#include <cassert>

#include "base/text.h"
#include "probes/provider_rows.h"

namespace sonde::probes {

std::span<const Provider *const> providers() {
  static const std::array<const Provider *, 23> table = {
      &begin_provider(),          &end_provider(),
      &self_provider(),           &test_provider(),
      &bench_provider(),          &interval_provider(),
      &profile_provider(),        &software_provider(),
      &hardware_provider(),       &tracepoint_provider(),
      &raw_tracepoint_provider(), &kprobe_provider(),
      &kretprobe_provider(),      &fentry_provider(),
      &fexit_provider(),          &ksyscall_provider(),
      &kretsyscall_provider(),    &uprobe_provider(),
      &uretprobe_provider(),      &usdt_provider(),
      &watchpoint_provider(),     &async_watchpoint_provider(),
      &iter_provider(),
  };
  return table;
}

const Provider *find_provider(std::string_view name_or_alias) {
  // 'U' and 'u' are two providers.
  for (const Provider *provider : providers())
    for (std::string_view alias : provider->aliases())
      if (alias == name_or_alias)
        return provider;
  std::string wanted = to_lower(name_or_alias);
  for (const Provider *provider : providers()) {
    if (provider->name() == wanted)
      return provider;
    for (std::string_view alias : provider->aliases())
      if (alias == wanted)
        return provider;
  }
  return nullptr;
}

const Provider &provider(image::ProviderKind kind) {
  for (const Provider *provider : providers())
    if (provider->kind() == kind)
      return *provider;
  for (const Provider *provider : {&syscall_enter_provider(), &syscall_exit_provider(), &plain_tracepoint_provider(),
                                   &kprobe_session_provider(), &kretprobe_session_provider()})
    if (provider->kind() == kind)
      return *provider;
  assert(!"a kind without a row in the table");
  return begin_provider();
}

}  // namespace sonde::probes
