// Actions that print what their record holds: printf, print(value), time, join.
#include "runtime/actions.h"
#include "runtime/format_json.h"
#include "runtime/format_printf.h"
#include "runtime/print_map.h"

namespace sonde::runtime {
namespace {

// Lets `write` append text to the output, or to the data of a JSON record of that type.
template <typename Write> void print_text(ActionState &state, std::string_view type, Write write) {
  if (!state.json)
    return write(state.output.text());
  std::string text;
  write(text);
  state.json->add([&](std::string &out) { append_json_text(out, type, text); });
}

}  // namespace

void print_one_value(ActionState &state, const Type &type, const uint8_t *bytes) {
  if (state.json)
    return state.json->add([&](std::string &out) { append_json_value_record(out, type, bytes, state.around); });
  if (is_chart(type))
    append_chart(state.output.text(), type, bytes, 1);
  else
    append_value(state.output.text(), type, bytes, state.around);
  state.output.text() += '\n';
}

void print_formatted(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record) {
  if (!state.json)
    return append_printf(state.output.text(), state.formats[id], event.fields, record, state.around);
  std::string text;
  append_printf(text, state.formats[id], event.fields, record, state.around);
  state.json->add([&](std::string &out) { append_json_text(out, "printf", text); },
                  [&](std::string &out) { append_json_arguments(out, event.fields, record, state.around); });
}

void print_value(ActionState &state, const image::EventSpec &event, uint32_t, const uint8_t *record) {
  const uint8_t *bytes = record + event.fields[0].offset;
  print_one_value(state, event.fields[0].type, bytes);
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
