// Actions that print what their record holds: printf, print(value), time, join.
#include "runtime/actions.h"
#include "runtime/format_printf.h"

namespace sonde::runtime {

void print_formatted(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  append_printf(state.output.text(), state.formats[id], event.fields, record, state.around);
}

void print_value(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  append_value(state.output.text(), event.fields[0].type, record + event.fields[0].offset, state.around);
  state.output.text() += '\n';
}

void print_time(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  append_time(state.output.text(), event.format, wall_time_ns());
}

// The strings of an array up to the first empty one, as argv ends.
void print_joined(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  const Type &array = event.fields[0].type;
  std::string &out = state.output.text();
  for (uint32_t i = 0; array.element && i < array.count; ++i) {
    std::string_view text =
        load_bytes(*array.element, record + event.fields[0].offset + size_t{i} * array.element->size);
    if (text.empty())
      break;
    if (i > 0)
      out += event.format;
    out += text;
  }
  out += '\n';
}

}  // namespace sonde::runtime
