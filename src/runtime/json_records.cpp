// What typed records have beside the plain ones' members.
#include "runtime/json_records.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "runtime/clock.h"
#include "runtime/format_json.h"

namespace sonde::runtime {

void JsonRecords::seal(std::string &out) {
  reopen(out);
  fmt::format_to(std::back_inserter(out), ", \"version\": {}, \"seq\": {}", kVersion, sequence_++);
  if (!sender_) {
    fmt::format_to(std::back_inserter(out), ", \"time_ns\": {}}}\n", wall_time_ns());
    return;
  }
  image::RecordStamp stamp;
  uint32_t cpu = 0;
  std::memcpy(&cpu, sender_ + sizeof(uint32_t), sizeof cpu);
  std::memcpy(&stamp, sender_ + image::EventSpec::kHeaderSize, sizeof stamp);
  fmt::format_to(std::back_inserter(out),
                 ", \"time_ns\": {}, \"probe\": ", around_.clock.boot_epoch_ns + static_cast<int64_t>(stamp.time_ns));
  const auto &names = around_.image.probe_names;
  append_json_string(out, stamp.target < names.size() ? std::string_view(names[stamp.target]) : std::string_view());
  fmt::format_to(std::back_inserter(out), ", \"cpu\": {}, \"pid\": {}, \"tid\": {}}}\n", cpu, stamp.pid, stamp.tid);
}

void append_json_arguments(std::string &out, const std::vector<image::EventField> &fields, const uint8_t *record,
                           Surroundings &around) {
  out += ", \"args\": [";
  const char *separator = "";
  for (const image::EventField &field : fields) {
    out += separator;
    separator = ", ";
    append_json_value(out, field.type, record + field.offset, around);
  }
  out += ']';
}

}  // namespace sonde::runtime
