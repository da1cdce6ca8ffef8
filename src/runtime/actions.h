// What a ring-buffer record makes us do: one function per EventKind, in a table.
//
// Adding a kind: a row in actions.cpp and a function in the file of its family.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "image/printf_format.h"
#include "runtime/format_value.h"
#include "runtime/json_records.h"
#include "runtime/map_entries.h"
#include "runtime/output.h"

namespace sonde::runtime {

class Attachments;
class PacketFiles;

// What actions work with and change.
struct ActionState {
  const image::ProgramImage &image;
  Output &output;
  MapStore &maps;
  Surroundings &around;
  std::vector<image::PrintfFormat> formats;  // by event id; empty for events without one of printf's
  std::optional<int> exit_code;              // set once exit() was seen
  JsonRecords *json = nullptr;               // records as JSON, one per line; null for text
  Output *folds = nullptr;                   // -f folded: where maps with stacks go; the rest is text
  PacketFiles *packets = nullptr;            // where packets go; null when the script sends none
  Attachments *attachments = nullptr;        // of the run
};

using Action = void (*)(ActionState &state, const image::EventSpec &event, uint32_t id, const uint8_t *record);

// The formats of all printf events. Errors: a format that sema should have refused.
Result<std::vector<image::PrintfFormat>> parse_formats(const image::ProgramImage &image);

// The event that a record is of; null when no event of the image looks like it.
const image::EventSpec *event_of(const image::ProgramImage &image, const uint8_t *record, uint32_t size);

// Does what a record of that event asks for.
void run_action(ActionState &state, const image::EventSpec &event, const uint8_t *record);

// The families.
void print_formatted(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_time(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_joined(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_value(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_whole_map(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_map_entry(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_file(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void run_command(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void write_packet(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_error(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void print_warning(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void clear_map(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);
void zero_map(ActionState &, const image::EventSpec &, uint32_t, const uint8_t *);

// A value and a line feed, or a record.
void print_one_value(ActionState &state, const Type &type, const uint8_t *bytes);
// The maps as they are printed at exit: by name, without those that hold nothing.
void print_all_maps(ActionState &state);

}  // namespace sonde::runtime
