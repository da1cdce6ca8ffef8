// hardware: events that the CPU counts, such as cycles and cache misses; the program runs on each Nth.
#include <linux/perf_event.h>

#include "probes/counted_event.h"
#include "probes/provider_rows.h"

namespace sonde::probes {
namespace {

constexpr std::string_view kAliases[] = {"h"};

// Sorted as listings are: by name, short names too. Defaults as bpftrace's.
constexpr CountedEvent kEvents[] = {
    {"backend-stalls", PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000},
    {"branch-instructions", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000},
    {"branch-misses", PERF_COUNT_HW_BRANCH_MISSES, 100000},
    {"branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000},
    {"bus-cycles", PERF_COUNT_HW_BUS_CYCLES, 100000},
    {"cache-misses", PERF_COUNT_HW_CACHE_MISSES, 1000000},
    {"cache-references", PERF_COUNT_HW_CACHE_REFERENCES, 1000000},
    {"cpu-cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000},
    {"cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000},
    {"frontend-stalls", PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000},
    {"instructions", PERF_COUNT_HW_INSTRUCTIONS, 1000000},
    {"ref-cycles", PERF_COUNT_HW_REF_CPU_CYCLES, 1000000},
};

}  // namespace

const Provider &hardware_provider() {
  static const CountedEventProvider row(image::ProviderKind::Hardware, "hardware", kAliases, PERF_TYPE_HARDWARE,
                                        kEvents, "each COUNTth event that the CPU counts");
  return row;
}

}  // namespace sonde::probes
