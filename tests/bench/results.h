// What a measurement came to, for each tool: printed as text, and kept for the table of docs/performance.md.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace sonde::bench {

struct Tool {
  std::string name;
  std::string program;
};

// What a number is held against.
struct Bar {
  enum class Kind {
    None,
    AtMost,     // `value`
    AtLeast,    // `value`
    OfBestPeer  // at most `value` times that of the best of the other tools
  };
  Kind kind = Kind::None;
  double value = 0;
};

// Runs that took longer than they may.
inline constexpr double kTooLong = INFINITY;
// Runs that failed.
inline constexpr double kNothing = NAN;

struct ToolFigures {
  std::string tool;
  double median = kNothing;
  double low = kNothing, high = kNothing;  // quartiles
  int failures = 0;
};

struct Result {
  std::string group;
  std::string work;
  std::string unit;
  Bar bar;
  std::string reason;              // why it misses its bar, if it does
  std::vector<ToolFigures> tools;  // the first is the one that is held against the bar
};

double quantile(std::vector<double> values, double q);
// Of the samples; nothing when there are none.
ToolFigures figures_of(const std::string &tool, const std::vector<double> &samples, int failures);

// The bar as a number; nothing when there is none, or no peer to compare with.
double bar_of(const Result &result);
// How much of its bar the first tool takes: above 1 it misses. Nothing without a bar.
double share_of_bar(const Result &result);
// The best of the other tools; nothing when none ran.
double best_peer(const Result &result);

void print(const Result &result);
// One line, its parts separated by tabs, that write_table reads. Nowhere without a file.
void keep(const Result &result, std::FILE *file);

// NAME=PROGRAM; false when it is not of that form.
bool add_tool(const std::string &text, std::vector<Tool> &tools);

}  // namespace sonde::bench
