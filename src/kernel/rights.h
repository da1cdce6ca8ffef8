// What this process may ask of the kernel's tracing, and words for what it may not.
#pragma once

#include <string>
#include <string_view>

namespace sonde::kernel {

struct Rights {
  bool loads_programs = false;    // root, or the capabilities that stand for it here
  std::string lockdown;           // how the kernel is locked down: "integrity", "confidentiality"; empty when it is not
  bool opens_perf_events = true;  // false where the kernel leaves them to CAP_SYS_ADMIN, which this process lacks
};

// As they are now; asked once.
const Rights &own_rights();

// "none [integrity] confidentiality" → "integrity"; empty for none.
std::string parse_lockdown(std::string_view text);
// Of the text of /proc/PID/status: CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON, are effective.
bool may_load_programs(std::string_view status);

// The same text, and that of /proc/sys/kernel/perf_event_paranoid: Debian's kernels know 3 there, others 4.
bool may_open_perf_events(std::string_view status, std::string_view paranoid);

// Why the kernel answered that something is not permitted.
struct NotPermitted {
  std::string cause;
  std::string hint;
};
NotPermitted explain_not_permitted(const Rights &rights);
// The same of a program that was loaded and could not be attached.
NotPermitted explain_not_attached(const Rights &rights);

}  // namespace sonde::kernel
