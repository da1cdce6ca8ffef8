// What a run could not deliver, as the programs and the kernel count it: records that found a ring buffer full,
// helpers that failed (a map that was full), stacks without a place, runs that the kernel left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/program_image.h"

namespace sonde::runtime {

class JsonRecords;

class Losses {
public:
  // `words`: the counters in memory that the programs share with us (image::LossWords), or null when the object
  // counts nothing. Both arguments outlive the object.
  Losses(const image::ProgramImage &image, const uint64_t *words);

  // Reports, and counts from now on what end programs lose alone: what others send is no longer read.
  void count_end_alone(JsonRecords *json);
  // Runs that the kernel has left out so far, by program: it does not run a program inside another on one CPU.
  void set_missed_runs(const std::vector<uint64_t> &by_program) { missed_runs_ = by_program; }

  // Says what was lost since the last time: as JSON records, or on stderr where there are none.
  void report(JsonRecords *json);
  // The same, and which probes lost how many events in the whole run.
  void report_last(JsonRecords *json);
  // Whether the programs count anything.
  bool are_counted() const { return words_ != nullptr; }
  // The last look is a second ago or more.
  bool is_time_to_look() const;

  // As of the last report.
  uint64_t events() const;
  uint64_t failures() const;  // of helpers
  uint64_t stacks() const;
  uint64_t missed_runs() const;
  uint64_t total() const { return events() + failures() + stacks() + missed_runs(); }
  bool any() const { return total() > 0; }

private:
  bool is_end(uint32_t program) const;
  uint64_t read_new(uint32_t word, uint32_t program);
  void report_events(JsonRecords *json);
  void report_stacks(JsonRecords *json);
  void report_failures(JsonRecords *json);
  void report_missed_runs(JsonRecords *json);
  std::string probe_text(uint32_t program) const;

  const image::ProgramImage &image_;
  const uint64_t *words_;
  image::LossWords layout_;
  std::vector<uint64_t> reported_;  // by word
  std::vector<uint64_t> missed_runs_;
  bool end_alone_ = false;
  int64_t last_look_ns_;
};

}  // namespace sonde::runtime
