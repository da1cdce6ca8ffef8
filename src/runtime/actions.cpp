// The table of actions, and exit(), which is too small for a family.
#include "runtime/actions.h"

#include <array>
#include <cstring>

#include "runtime/attach.h"

namespace sonde::runtime {
namespace {

using image::EventKind;
using image::EventSpec;

void note_exit(ActionState &state, const EventSpec &event, uint32_t, const uint8_t *record) {
  state.exit_code = event.fields.empty()
                        ? state.exit_code.value_or(0)
                        : static_cast<int>(load_integer(event.fields[0].type, record + event.fields[0].offset));
}

void fail_assertion(ActionState &state, const EventSpec &event, uint32_t id, const uint8_t *record) {
  print_error(state, event, id, record);
  state.exit_code = 1;
}

void stop_watching(ActionState &state, const EventSpec &event, uint32_t, const uint8_t *record) {
  uint64_t address = 0;
  std::memcpy(&address, record + event.fields[0].offset, sizeof address);
  state.attachments->unwatch(address);
}

constexpr std::array<Action, 16> kActions = [] {
  std::array<Action, 16> table{};
  auto set = [&](EventKind kind, Action action) { table[static_cast<size_t>(kind)] = action; };
  set(EventKind::Printf, print_formatted);
  set(EventKind::Time, print_time);
  set(EventKind::Join, print_joined);
  set(EventKind::PrintValue, print_value);
  set(EventKind::PrintMap, print_whole_map);
  set(EventKind::PrintMapEntry, print_map_entry);
  set(EventKind::ClearMap, clear_map);
  set(EventKind::ZeroMap, zero_map);
  set(EventKind::Exit, note_exit);
  set(EventKind::Cat, print_file);
  set(EventKind::System, run_command);
  set(EventKind::Error, print_error);
  set(EventKind::Warning, print_warning);
  set(EventKind::Assertion, fail_assertion);
  set(EventKind::Packet, write_packet);
  set(EventKind::Unwatch, stop_watching);
  return table;
}();

}  // namespace

Result<std::vector<image::PrintfFormat>> parse_formats(const image::ProgramImage &image) {
  std::vector<image::PrintfFormat> formats(image.events.size());
  for (size_t id = 0; id < image.events.size(); ++id) {
    if (!image::has_printf_format(image.events[id].kind))
      continue;
    auto format = image::parse_printf_format(image.events[id].format);
    if (!format)
      return format.error();
    formats[id] = format.take();
  }
  return formats;
}

const EventSpec *event_of(const image::ProgramImage &image, const uint8_t *record, uint32_t size) {
  uint32_t id = 0;
  if (size < EventSpec::kHeaderSize)
    return nullptr;
  std::memcpy(&id, record, sizeof id);
  return id < image.events.size() && size >= image.events[id].size ? &image.events[id] : nullptr;
}

void run_action(ActionState &state, const EventSpec &event, const uint8_t *record) {
  auto id = static_cast<uint32_t>(&event - state.image.events.data());
  kActions[static_cast<size_t>(event.kind)](state, event, id, record);
}

}  // namespace sonde::runtime
