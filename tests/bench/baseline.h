// The figures of baseline.txt against those that were measured.
//
// A name is a path. One that begins with "linux-6.18/" holds on that kernel alone. What could not be measured here, and
// why, is told for whole folders of names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sonde::bench {

struct Figure {
  uint64_t number = 0;
  std::string unit;
};
using Figures = std::map<std::string, Figure>;

struct Measured {
  std::string kernel;  // "linux-6.18"
  Figures figures;
  std::map<std::string, std::string> skipped;  // folder → why it was not measured
  std::set<std::string> broken;                // names of what should have been measured
};

struct Verdict {
  enum class Kind { Pass, Fail, Skip };
  Kind kind = Kind::Pass;
  std::string name;
  std::string why;  // of a pass: that the figure has become much smaller; or empty
};

// By how much a figure may grow, or shrink without being told.
inline constexpr double kTolerance = 0.05;
// Counts of executed instructions that moved by less stay as they are when the file is rewritten.
inline constexpr double kUnmoved = 0.01;

// Lines "NAME NUMBER UNIT"; those that begin with # are not figures.
Figures parse_baseline(const std::string &text);
// By name: one for each figure, and for each folder that was skipped. A figure that is not in the file fails, unless
// the file has none of this kernel.
std::vector<Verdict> compare(const Figures &kept, const Measured &measured);
// The file with what was measured, sorted: comments stay, and figures that were skipped or are another kernel's.
std::string rewritten(const std::string &text, const Measured &measured);

}  // namespace sonde::bench
