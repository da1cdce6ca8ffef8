// Scripts whose programs are measured event by event: what bench_events times, and whose size the baseline keeps.
#pragma once

#include <string>
#include <vector>

namespace sonde::bench {

struct EventRow {
  const char *name;                    // of the row's figures in baseline.txt
  const char *script;                  // TARGET: the program and function that is probed
  std::vector<const char *> programs;  // what the table calls them, in the order of the script
  // Written by hand where a program misses its bar.
  const char *slow_reason = "";
  const char *large_reason = "";
  bool has_bars = true;  // others say what a part of another row takes
};

// Those that stand in public comparisons first, then as many that do not: whatever makes one faster has to do so for
// all of its kind.
const std::vector<EventRow> &event_rows();

// A program that does nothing, whose time is taken off the others'.
const EventRow &empty_row();

// The script with TARGET filled in: "PATH:FUNCTION".
std::string with_target(std::string script, const std::string &target);

}  // namespace sonde::bench
