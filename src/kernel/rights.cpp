// Looks at the capabilities of this process, and at the kernel's lockdown.
#include "kernel/rights.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <charconv>
#include <cstdint>

#include "base/read_file.h"
#include "base/text.h"

namespace sonde::kernel {

std::string parse_lockdown(std::string_view text) {
  size_t begin = text.find('['), end = text.find(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin)
    return {};
  std::string_view chosen = text.substr(begin + 1, end - begin - 1);
  return chosen == "none" ? std::string() : std::string(chosen);
}

bool may_load_programs(std::string_view status) {
  constexpr std::string_view kEffective = "CapEff:\t";
  size_t at = status.find(kEffective);
  uint64_t set = 0;
  if (at == std::string_view::npos ||
      std::from_chars(status.data() + at + kEffective.size(), status.data() + status.size(), set, 16).ec != std::errc())
    return false;
  auto has = [&](int capability) { return (set >> capability & 1) != 0; };
  return has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON));
}

const Rights &own_rights() {
  static const Rights rights = [] {
    auto status = read_file("/proc/self/status"), lockdown = read_file("/sys/kernel/security/lockdown");
    return Rights{status && may_load_programs(*status), lockdown ? parse_lockdown(*lockdown) : std::string()};
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

}  // namespace sonde::kernel
