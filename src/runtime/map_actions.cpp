// Actions on maps: print, clear, zero; and the printing of all maps at exit.
#include <algorithm>
#include <numeric>

#include "runtime/actions.h"
#include "runtime/print_map.h"

namespace sonde::runtime {
namespace {

bool is_histogram(const image::MapSpec &map) {
  return map.value.kind == TypeKind::Hist || map.value.kind == TypeKind::Lhist;
}

}  // namespace

void print_whole_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  const image::MapSpec &map = state.image.maps[*event.map];
  MapEntries entries = state.maps.read(*event.map);
  // print(@scalar) shows a scalar that was never assigned as zero, unless it is a histogram.
  if (map.is_scalar() && entries.count == 0 && !is_histogram(map)) {
    entries.count = 1;
    entries.values.assign(map.value.size, 0);
  }
  append_map(state.output.text(), map, entries, {event.top, event.divisor}, state.around);
}

// As bpftrace's print(@map[key]): the value alone. Programs that cannot know the value (aggregations
// lie on all CPUs) send the key; a key that is not there has a value of zeros.
void print_map_entry(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  std::string &out = state.output.text();
  const image::MapSpec &map = state.image.maps[*event.map];
  if (event.fields.size() > 1) {
    append_value(out, event.fields[1].type, record + event.fields[1].offset, state.around);
  } else {
    MapEntries entries = state.maps.find(*event.map, record + event.fields[0].offset);
    entries.values.resize(map.value.size);
    append_value(out, map.value, entries.values.data(), state.around);
  }
  out += '\n';
}

void clear_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  state.maps.clear(*event.map);
}

void zero_map(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  state.maps.zero(*event.map);
}

void print_all_maps(ActionState &state) {
  std::string &out = state.output.text();
  out += "\n\n";
  if (!state.image.config.print_maps_on_exit)
    return;
  std::vector<uint32_t> order(state.image.maps.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return state.image.maps[a].name < state.image.maps[b].name; });
  for (uint32_t index : order) {
    const image::MapSpec &map = state.image.maps[index];
    MapEntries entries = state.maps.read(index);
    append_map(out, map, entries, {}, state.around);
    state.output.flush_if_full();
  }
}

}  // namespace sonde::runtime
