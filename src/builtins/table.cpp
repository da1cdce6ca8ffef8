// Joins the families into one table sorted by name.
#include <algorithm>
#include <vector>

#include "builtins/families.h"

namespace sonde::builtins {
namespace {

std::vector<const Builtin *> join_families() {
  std::vector<const Builtin *> rows;
  for (std::span<const Builtin> family :
       {task_builtins(),        clock_builtins(),      context_builtins(), stack_builtins(),   symbol_builtins(),
        network_builtins(),     name_builtins(),       byte_builtins(),    machine_builtins(), relative_builtins(),
        intervening_builtins(), string_builtins(),     map_builtins(),     output_builtins(),  kernel_object_builtins(),
        query_builtins(),       assertion_builtins(),  control_builtins(), option_builtins(),  aggregation_builtins(),
        histogram_builtins(),   time_series_builtins()})
    for (const Builtin &row : family)
      rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const Builtin *a, const Builtin *b) { return a->name < b->name; });
  return rows;
}

}  // namespace

Table all_builtins() {
  static const std::vector<const Builtin *> rows = join_families();
  return rows;
}

}  // namespace sonde::builtins
