// The rows of ./dev bench, events aside: what tools are made to do, and what is measured of it.
#pragma once

#include <vector>

#include "results.h"

namespace sonde::bench {

enum class Measure {
  WallMs,
  AttachMs,         // from the start until the command of -c begins, when everything is attached
  DetachMs,         // from the end of that command until the tool is gone
  PeakMib,          // resident
  CpuOverBaseline,  // processor time that the run takes beyond that of `baseline`, ms
  MillionsPrinted,  // lines of output
  MillionsASecond,  // the same by wall time
  DiskMib,          // the program and the libraries that the loader opens for it
};

struct Metric {
  const char *group;
  Measure measure;
  Bar bar = {};
  // Written by hand where a row misses its bar.
  const char *reason = "";
};

// SELF is the bench program, FUNCTIONS a program of 111 functions few_N and 2000 functions many_N.
struct Work {
  const char *name = "";
  std::vector<const char *> arguments = {};
  std::vector<Metric> metrics = {};
  std::vector<const char *> baseline = {};
  long events = 0;             // lines of output that there would be if nothing were lost; 0: not counted
  bool is_built = false;       // the first tool runs what it builds of the script behind -e
  bool takes_mark = false;     // -c SELF --mark … is added
  bool has_many_keys = false;  // maps may hold 200,000, which costs every tool time at the start
};

const std::vector<Work> &works();
const char *unit_of(Measure measure);

}  // namespace sonde::bench
