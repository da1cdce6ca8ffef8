// JSON records of the output. Plain ones have the shapes of bpftrace's; typed ones (--json-typed) also say in which
// order and when they came and who sent them. docs/output.md describes both.
#pragma once

#include <cstdint>
#include <string>

#include "image/program_image.h"
#include "runtime/format_value.h"
#include "runtime/output.h"

namespace sonde::runtime {

class JsonRecords {
public:
  // Raised when a reader of the old records would misunderstand the new ones.
  static constexpr int kVersion = 1;

  JsonRecords(Output &output, Surroundings &around, bool is_typed)
      : output_(output), around_(around), is_typed_(is_typed) {}

  bool is_typed() const { return is_typed_; }
  // The ring-buffer record that makes us write what follows, of a stamped image; null when nobody's.
  void set_sender(const uint8_t *record) { sender_ = record; }

  // `append(std::string &)` adds a whole record, with its line feed, or nothing.
  template <typename Append> void add(Append append) {
    std::string &out = output_.text();
    size_t before = out.size();
    append(out);
    if (is_typed_ && out.size() > before)
      seal(out);
  }
  // As add(); then `append_more(std::string &)` adds members that only typed records have, each after a comma.
  template <typename Append, typename AppendMore> void add(Append append, AppendMore append_more) {
    add([&](std::string &out) {
      size_t before = out.size();
      append(out);
      if (!is_typed_ || out.size() == before)
        return;
      reopen(out);
      append_more(out);
      out += "}\n";
    });
  }

private:
  static void reopen(std::string &out) { out.resize(out.size() - 2); }  // without "}\n"
  void seal(std::string &out);

  Output &output_;
  Surroundings &around_;
  bool is_typed_;
  uint64_t sequence_ = 0;
  const uint8_t *sender_ = nullptr;
};

// ", "args": [VALUE, …]": the fields of a record.
void append_json_arguments(std::string &out, const std::vector<image::EventField> &fields, const uint8_t *record,
                           Surroundings &around);

// The JSON Schema of typed records.
std::string_view json_schema();

}  // namespace sonde::runtime
