// Values and records as JSON, one record per line, in the shapes that bpftrace gives them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "image/program_image.h"
#include "runtime/format_value.h"
#include "runtime/map_entries.h"
#include "runtime/print_map.h"

namespace sonde::runtime {

// In quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string &out, std::string_view text);
// Numbers, booleans, arrays and objects as such; everything else as the text that it prints as.
void append_json_value(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around);
// {"type": TYPE, "data": "TEXT"}
void append_json_text(std::string &out, std::string_view type, std::string_view text);
// {"type": "value", "data": VALUE}
void append_json_value_record(std::string &out, const Type &type, const uint8_t *bytes, Surroundings &around);
// {"type": TYPE, "count": N, "data": {NOUN: N}}
void append_json_count(std::string &out, std::string_view type, std::string_view noun, uint64_t count);
// {"type": "helper_error", …}: a helper of the kernel failed `count` times at a place in the script.
struct JsonFailure {
  std::string_view message;
  std::string_view helper;
  int code;  // what it returned last
  std::string_view file;
  size_t line, column;
  uint64_t count;
};
void append_json_failure(std::string &out, const JsonFailure &failure);
// A map, histogram or stats record.
void append_json_map(std::string &out, const image::MapSpec &map, const MapEntries &entries,
                     const PrintMapOptions &options, Surroundings &around);

// , "entries": [{"key": KEY, "value": VALUE}, …]: the same with keys by their type; nothing of a map without a key.
void append_json_entries(std::string &out, const image::MapSpec &map, const MapEntries &entries,
                         const PrintMapOptions &options, Surroundings &around);

}  // namespace sonde::runtime
