// A table takes a third of a hash's time, since calls of the kernel are what a small program spends most on. It keeps
// values per CPU, and two entries of one key where CPUs met: what programs look into, or take single entries out of,
// stays a hash of the kernel. So do maps of programs for other machines, as a table's size depends on their CPUs; and
// what would have the verifier follow searches for long: 2,600 instructions each, in loops in each round.
#include "sema/choose_tables.h"

#include "image/table_layout.h"
#include "image/task_slots.h"
#include "kernel/requirements.h"

namespace sonde::sema {
namespace {

// The kernel clears all of it at the start: 3 ms.
constexpr uint64_t kMostTableBytes = 16 << 20;
constexpr uint32_t kMostSearches = 12;  // in one program
// Of more, the sizes that follow are not even computed: they would not fit into their types.
constexpr uint32_t kMostEntries = 1 << 24;

// What both kinds need.
bool can_be_searched_by_programs(const image::MapSpec &map, kernel::Kernel &kernel) {
  return map.max_entries <= kMostEntries && kernel.is_the_one() && kernel.version() >= kernel::kAtomicExchange;
}

bool can_be_table(const image::MapSpec &map, const MapUses &uses, kernel::Kernel &kernel) {
  if (uses.is_looked_into || uses.is_deleted || uses.is_counted_in_loop)
    return false;
  uint64_t most = kernel.version() < kernel::kLargeValues ? kernel::kMostValueBytesBefore : kMostTableBytes;
  return image::table_layout(map, kernel.possible_cpu_count()).size <= most;
}

bool can_have_task_slots(const image::MapSpec &map, const MapUses &uses) {
  bool is_by_thread = map.storage == image::MapStorage::Hash && !uses.is_declared && map.key.is_integer() &&
                      !uses.has_other_keys && !uses.is_gone_through;
  return is_by_thread && map.max_entries >= image::kFewestSlottedKeys &&
         image::task_slots_layout(map).size <= kernel::kMostValueBytesBefore;
}

// Adds the map's searches to those of each program, if all have room for them.
bool add_searches(const MapUses &uses, std::vector<uint32_t> &searches) {
  for (size_t i = 0; i < searches.size(); ++i)
    if (searches[i] + uses.counted[i] > kMostSearches)
      return false;
  for (size_t i = 0; i < searches.size(); ++i)
    searches[i] += uses.counted[i];
  return true;
}

}  // namespace

void choose_tables(Analysis &analysis, kernel::Kernel &kernel, bool only_kernel_maps) {
  std::vector<uint32_t> searches(analysis.units.size());
  for (size_t i = 0; i < analysis.maps.size(); ++i) {
    image::MapSpec &map = analysis.maps[i];
    const MapUses &uses = analysis.map_uses[i];
    bool is_searched = !only_kernel_maps && can_be_searched_by_programs(map, kernel);
    map.has_task_slots = is_searched && can_have_task_slots(map, uses);
    if (map.storage != image::MapStorage::Table)
      continue;
    map.is_cleared = uses.is_cleared;
    if (is_searched && can_be_table(map, uses, kernel) && add_searches(uses, searches))
      continue;
    map.storage = image::MapStorage::PerCpuHash;
    map.is_cleared = false;
  }
}

}  // namespace sonde::sema
