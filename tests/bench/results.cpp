// Medians, bars, and how they are written.
#include "results.h"

#include <algorithm>

namespace sonde::bench {
namespace {

bool is_better(double a, double b, Bar::Kind kind) { return kind == Bar::Kind::AtLeast ? a > b : a < b; }

// Small numbers are told apart by their decimals.
std::string number(double value) {
  if (std::isnan(value))
    return "-";
  if (std::isinf(value))
    return "too long";
  char text[64];
  std::snprintf(text, sizeof text, std::fabs(value) < 10 ? "%.2f" : "%.1f", value);
  return text;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

ToolFigures figures_of(const std::string &tool, const std::vector<double> &samples, int failures) {
  ToolFigures figures{tool, kNothing, kNothing, kNothing, failures};
  if (samples.empty())
    return figures;
  figures.median = quantile(samples, 0.5);
  figures.low = quantile(samples, 0.25);
  figures.high = quantile(samples, 0.75);
  return figures;
}

double best_peer(const Result &result) {
  double best = kNothing;
  for (size_t i = 1; i < result.tools.size(); i++) {
    double value = result.tools[i].median;
    // Past the limit is no large number of events.
    bool counts = !std::isnan(value) && !(std::isinf(value) && result.bar.kind == Bar::Kind::AtLeast);
    if (counts && (std::isnan(best) || is_better(value, best, result.bar.kind)))
      best = value;
  }
  return best;
}

double bar_of(const Result &result) {
  switch (result.bar.kind) {
  case Bar::Kind::None: return kNothing;
  case Bar::Kind::AtMost:
  case Bar::Kind::AtLeast: return result.bar.value;
  case Bar::Kind::OfBestPeer: return result.bar.value * best_peer(result);
  }
  return kNothing;
}

double share_of_bar(const Result &result) {
  if (result.tools.empty())
    return kNothing;
  double bar = bar_of(result), value = result.tools[0].median;
  return result.bar.kind == Bar::Kind::AtLeast ? bar / value : value / bar;
}

void print(const Result &result) {
  std::printf("\n%s: %s\n", result.group.c_str(), result.work.c_str());
  std::printf("  %-16s %10s %21s %8s  %s\n", "", "median", "quartiles", "ratio", result.unit.c_str());
  for (const ToolFigures &tool : result.tools) {
    std::printf("  %-16s %10s %10s %10s", tool.tool.c_str(), number(tool.median).c_str(), number(tool.low).c_str(),
                number(tool.high).c_str());
    // What the first tool takes of this one's.
    std::printf(" %8s", number(result.tools[0].median / tool.median).c_str());
    if (tool.failures > 0)
      std::printf("  (%d runs failed)", tool.failures);
    std::printf("\n");
  }
  if (double bar = bar_of(result); !std::isnan(bar))
    std::printf("  bar: at %s %s, of which %s takes %s\n", result.bar.kind == Bar::Kind::AtLeast ? "least" : "most",
                number(bar).c_str(), result.tools[0].tool.c_str(), number(share_of_bar(result)).c_str());
  std::fflush(stdout);
}

void keep(const Result &result, std::FILE *file) {
  if (!file || result.tools.empty())
    return;
  std::fprintf(file, "%s\t%s\t%s\t%s\t%g\t%g\t%g\t%g\t%g", result.group.c_str(), result.work.c_str(),
               result.unit.c_str(), result.reason.c_str(), share_of_bar(result), bar_of(result), best_peer(result),
               result.tools[0].low, result.tools[0].high);
  for (const ToolFigures &tool : result.tools)
    std::fprintf(file, "\t%s=%g", tool.tool.c_str(), tool.median);
  std::fprintf(file, "\n");
  std::fflush(file);
}

bool add_tool(const std::string &text, std::vector<Tool> &tools) {
  size_t equals = text.find('=');
  if (equals == std::string::npos)
    return false;
  tools.push_back({text.substr(0, equals), text.substr(equals + 1)});
  return true;
}

}  // namespace sonde::bench
