// Actions that print what their record holds: printf, print(value), time, join.
#include "runtime/actions.h"
#include "runtime/format_json.h"
#include "runtime/format_printf.h"

namespace sonde::runtime {
namespace {

// Lets `write` append text to the output, or to the data of a JSON record of that type.
template <typename Write> void print_text(ActionState &state, std::string_view type, Write write) {
  if (!state.json)
    return write(state.output.text());
  std::string text;
  write(text);
  append_json_text(state.output.text(), type, text);
}

}  // namespace

void print_formatted(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  print_text(state, "printf",
             [&](std::string &out) { append_printf(out, state.formats[id], event.fields, record, state.around); });
}

void print_value(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  const uint8_t *bytes = record + event.fields[0].offset;
  if (state.json)
    return append_json_value_record(state.output.text(), event.fields[0].type, bytes, state.around);
  append_value(state.output.text(), event.fields[0].type, bytes, state.around);
  state.output.text() += '\n';
}

void print_time(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *) {
  print_text(state, "time", [&](std::string &out) { append_time(out, event.format, wall_time_ns()); });
}

// The strings of an array up to the first empty one, as argv ends.
void print_joined(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  const Type &array = event.fields[0].type;
  print_text(state, "join", [&](std::string &out) {
    for (uint32_t i = 0; array.element && i < array.count; ++i) {
      std::string_view text =
          load_bytes(*array.element, record + event.fields[0].offset + size_t{i} * array.element->size);
      if (text.empty())
        break;
      if (i > 0)
        out += event.format;
      out += text;
    }
    if (!state.json)
      out += '\n';
  });
}

}  // namespace sonde::runtime
