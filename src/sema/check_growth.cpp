// A map such as @start[tid] gets an entry for every thread there ever is. What a script prints or counts in it is
// meant to stay; what one probe only hands to another should be deleted there.
#include "sema/check_growth.h"

namespace sonde::sema {
namespace {

bool forgets_by_itself(const image::MapSpec &map) {
  return map.storage == image::MapStorage::LruHash || map.storage == image::MapStorage::LruPerCpuHash;
}

}  // namespace

void check_growth(const Analysis &analysis, Diagnostics &diagnostics) {
  for (size_t i = 0; i < analysis.maps.size(); ++i) {
    const image::MapSpec &map = analysis.maps[i];
    const MapUses &uses = analysis.map_uses[i];
    if (!uses.filled || !uses.is_read || uses.is_kept || map.value.is_aggregate() || forgets_by_itself(map))
      continue;
    diagnostics.warning(*uses.filled, "{} gets an entry for each task, and nothing deletes them", map.name)
        .with_hint(fmt::format(
            "delete({0}, …) when an entry is no longer needed, or let {0} = lruhash({1}); which drops old ones",
            map.name, map.max_entries));
  }
}

}  // namespace sonde::sema
