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
  // PERF_TYPE_BREAKPOINT: what the CPU watches, and for what (HW_BREAKPOINT_*).
  struct {
    uint64_t address = 0;
    uint64_t length = 0;
    uint32_t type = 0;
  } breakpoint = {};
};

// Everywhere: every online CPU or, with one process, every thread that it has and gets. EachProcess: the same for
// several processes and for those that they make. OneCpu: the first online one.
enum class PerfScope : uint8_t { Everywhere, EachProcess, OneCpu };

// Words what the kernel answered, as attach_error does.
using RefusedEvent = std::function<Error(const std::string &target, int error_number)>;
Error refused_event(const std::string &target, int error_number);

// Attaches the program to the event of each target.
using PerfEventOf = std::function<PerfEventSpec(const image::Target &)>;
Result<Attachments> attach_perf_events(bpf_program *program, const image::ProgramSpec &spec, PerfScope scope,
                                       const PerfEventOf &event_of, const AttachOptions &options,
                                       const RefusedEvent &refused = refused_event);

// Attaches it to an event of one process, in all its threads and those that it makes; with `follow` in processes that
// it makes, too.
Result<Attachments> attach_perf_event(bpf_program *program, const std::string &target, const PerfEventSpec &event,
                                      uint64_t cookie, int pid, bool follow, const RefusedEvent &refused);

}  // namespace sonde::probes
