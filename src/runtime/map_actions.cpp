// Actions on maps: print, clear, zero; and the printing of all maps at exit.
#include <algorithm>
#include <numeric>

#include "runtime/actions.h"
#include "runtime/format_folded.h"
#include "runtime/format_json.h"
#include "runtime/print_map.h"

namespace sonde::runtime {
namespace {

void print_entries(ActionState &state, const image::MapSpec &map, const MapEntries &entries,
                   const PrintMapOptions &options) {
  if (state.json)
    state.json->add([&](std::string &out) { append_json_map(out, map, entries, options, state.around); },
                    [&](std::string &out) { append_json_entries(out, map, entries, options, state.around); });
  else if (state.folds && can_fold(map))
    append_folded(state.folds->text(), map, entries, state.around);
  else
    append_map(state.output.text(), map, entries, options, state.around);
}

}  // namespace

void print_whole_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  const image::MapSpec &map = state.image.maps[*event.map];
  MapEntries entries = state.maps.read(*event.map);
  // print(@scalar) shows a scalar that was never assigned as zero, unless it is a chart.
  if (map.is_scalar() && entries.count == 0 && !is_chart(map.value)) {
    entries.count = 1;
    entries.values.assign(map.value.size, 0);
  }
  print_entries(state, map, entries, {event.top, event.divisor});
}

// As bpftrace's print(@map[key]): the value alone. Programs that cannot know the value (aggregations
// lie on all CPUs) send the key; a key that is not there has a value of zeros.
void print_map_entry(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  const image::MapSpec &map = state.image.maps[*event.map];
  if (event.fields.size() > 1)
    return print_one_value(state, event.fields[1].type, record + event.fields[1].offset);
  MapEntries entries = state.maps.find(*event.map, record + event.fields[0].offset);
  entries.values.resize(map.value.size);
  print_one_value(state, map.value, entries.values.data());
}

void clear_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  state.maps.clear(*event.map);
}

void zero_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  state.maps.zero(*event.map);
}

void print_all_maps(ActionState &state) {
  if (!state.json && !state.folds)
    state.output.text() += "\n\n";
  if (!state.image.config.print_maps_on_exit)
    return;
  std::vector<uint32_t> order(state.image.maps.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return state.image.maps[a].name < state.image.maps[b].name; });
  for (uint32_t index : order) {
    const image::MapSpec &map = state.image.maps[index];
    MapEntries entries = state.maps.read(index);
    print_entries(state, map, entries, {});
    state.output.flush_if_full();
    if (state.folds)
      state.folds->flush_if_full();
  }
}

}  // namespace sonde::runtime
