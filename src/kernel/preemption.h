// Whether the scheduler may take the CPU from a task that is in the kernel, and so from a program of a uprobe.
#pragma once

#include <string>
#include <string_view>

namespace sonde::kernel {

// What tells it, each as its file has it; empty where there is none.
struct PreemptionFacts {
  std::string_view built = {};         // uname -v: "#1 SMP PREEMPT_DYNAMIC Debian 7.2.13-1"
  std::string_view mode = {};          // /sys/kernel/debug/sched/preempt: "none voluntary (full) lazy"
  std::string_view command_line = {};  // /proc/cmdline
  std::string_view config = {};        // /proc/config.gz or /boot/config-RELEASE, as text
};

// True in doubt.
bool is_preemptible(const PreemptionFacts &facts);

// Of the running kernel; found out once.
bool kernel_is_preemptible();

}  // namespace sonde::kernel
