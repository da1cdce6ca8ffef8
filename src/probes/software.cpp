// software: events that the kernel counts, such as page faults; the program runs on each Nth.
#include <linux/perf_event.h>

#include "probes/counted_event.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"s"};

// Sorted as listings are: by name, short names too. Defaults as bpftrace's; for clocks in nanoseconds.
constexpr CountedEvent kEvents[] = {
    {"alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
    {"bpf-output", PERF_COUNT_SW_BPF_OUTPUT, 1},
    {"context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"cpu-clock", PERF_COUNT_SW_CPU_CLOCK, 1000000},
    {"cpu-migrations", PERF_COUNT_SW_CPU_MIGRATIONS, 1},
    {"cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000},
    {"cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"dummy", PERF_COUNT_SW_DUMMY, 1},
    {"emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS, 1},
    {"faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"major-faults", PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
    {"minor-faults", PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
    {"page-faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"task-clock", PERF_COUNT_SW_TASK_CLOCK, 1},
};

}  // namespace

const Provider &software_provider() {
  static const CountedEventProvider row(image::ProviderKind::Software, "software", kAliases, PERF_TYPE_SOFTWARE,
                                        kEvents, "each COUNTth event that the kernel counts in software");
  return row;
}

}  // namespace sonde::probes
