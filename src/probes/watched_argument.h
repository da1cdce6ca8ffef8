// Watchpoints at addresses that a function of the traced process is called with.
#pragma once

#include <memory>

#include "probes/perf_event.h"

namespace sonde::probes {

// What is to be watched once the process enters a function.
struct WatchedArgument {
  const image::Target &target;  // module: the binary; offset: of the function in it
  uint32_t argument = 0;        // which of its arguments is the address
  int pid = 0;
  // The process waits until its memory is watched; else it may write there before.
  bool stops_process = true;
};

// Each address is watched once, until unwatch() or until the attachment ends. What the kernel refuses later, when an
// address comes (all debug registers are in use, it is not aligned), is a warning.
Result<std::unique_ptr<Attachment>> watch_argument(bpf_program *program, const WatchedArgument &wanted,
                                                   const PerfEventSpec &event, bool needs_cookie, bool follow,
                                                   const RefusedEvent &refused);

// How many arguments come in registers.
uint32_t most_watched_arguments();

}  // namespace sonde::probes
