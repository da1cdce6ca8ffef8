// One run of a tool, and what it took.
#pragma once

#include <string>
#include <vector>

#include "results.h"

namespace sonde::bench {

struct Sample {
  bool is_ok = false;
  bool was_ended = false;  // by us: it ran past its time limit
  double wall_ms = 0;
  double cpu_ms = 0;    // of the tool; without a command of -c that reported its own
  double peak_mib = 0;  // resident
};

// Standard output goes to `output`, or nowhere for -1; all else nowhere.
Sample run(const std::vector<std::string> &words, int output, unsigned limit_seconds);

// For a command of -c, at its end.
void report_command_cpu();

std::string own_path();
// CLOCK_MONOTONIC, which all processes share.
double now_ms();
// The program and the libraries that the dynamic loader opens for it.
double mebibytes_on_disk(const std::string &program);
// Of the file, from its start.
double count_lines(int fd);

}  // namespace sonde::bench
