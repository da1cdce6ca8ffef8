// Attaching to perf events that the kernel counts in software.
#pragma once

#include <cstdint>

#include "probes/links.h"

namespace sonde::probes {

// Which event, and after how many of them the program runs. For the CPU clock they are nanoseconds.
struct PerfEventSpec {
  uint32_t type = 0;
  uint64_t config = 0;
  uint64_t period = 0;
  uint64_t cookie = 0;  // what bpf_get_attach_cookie gives the program; 0 for none
};

// The program runs on every online CPU or, with a pid, in every thread that the process has and gets.
Result<Attachments> attach_everywhere(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      const AttachOptions &options);
// The program runs on the first online CPU only.
Result<Attachments> attach_on_one_cpu(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      const AttachOptions &options);

}  // namespace sonde::probes
