// Looks at the capabilities of this process, and at the kernel's lockdown.
#include "kernel/rights.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <charconv>
#include <cstdint>

#include "base/read_file.h"
#include "base/text.h"

namespace sonde::kernel {
namespace {

// As /proc/PID/status has them; none where it does not.
uint64_t effective_capabilities(std::string_view status) {
  constexpr std::string_view kEffective = "CapEff:\t";
  size_t at = status.find(kEffective);
  uint64_t set = 0;
  if (at != std::string_view::npos)
    std::from_chars(status.data() + at + kEffective.size(), status.data() + status.size(), set, 16);
  return set;
}

bool has(uint64_t set, int capability) { return (set >> capability & 1) != 0; }

}  // namespace

std::string parse_lockdown(std::string_view text) {
  size_t begin = text.find('['), end = text.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    return {};
  std::string_view chosen = text.substr(begin + 1, end - begin - 1);
  return chosen == "none" ? std::string() : std::string(chosen);
}

bool may_load_programs(std::string_view status) {
  uint64_t set = effective_capabilities(status);
  return has(set, CAP_SYS_ADMIN) || (has(set, CAP_BPF) && has(set, CAP_PERFMON));
}

bool may_open_perf_events(std::string_view status, std::string_view paranoid) {
  constexpr int kMostForOthers = 2;  // as of the kernel's own documentation
  int level = 0;
  std::from_chars(paranoid.data(), paranoid.data() + paranoid.size(), level);
  return level <= kMostForOthers || has(effective_capabilities(status), CAP_SYS_ADMIN);
}

const Rights &own_rights() {
  static const Rights rights = [] {
    auto status = read_file("/proc/self/status"), lockdown = read_file("/sys/kernel/security/lockdown"),
         paranoid = read_file("/proc/sys/kernel/perf_event_paranoid");
    return Rights{status && may_load_programs(*status), lockdown ? parse_lockdown(*lockdown) : std::string(),
                  !status || !paranoid || may_open_perf_events(*status, *paranoid)};
  }();
  return rights;
}

NotPermitted explain_not_permitted(const Rights &rights) {
  if (!rights.loads_programs)
    return {"this process may not", "this needs root or the capabilities CAP_BPF and CAP_PERFMON"};
  if (!rights.lockdown.empty())
    return {fmt::format("the kernel is locked down ({}) and forbids it", rights.lockdown),
            "secure boot, or lockdown= on the kernel's command line, locks it"};
  return {"a security policy forbids it to root, too", "containers, seccomp and security modules have such policies"};
}

NotPermitted explain_not_attached(const Rights &rights) {
  if (rights.loads_programs && !rights.opens_perf_events)
    return {"kernel.perf_event_paranoid leaves perf events to CAP_SYS_ADMIN, which this process lacks",
            "`sysctl kernel.perf_event_paranoid=2` allows them to others, or run as root"};
  return explain_not_permitted(rights);
}

}  // namespace sonde::kernel
