// Comparing and rewriting; baseline.sh measures.
#include "baseline.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

namespace sonde::bench {
namespace {

constexpr char kUpdate[] = "./dev baseline --update";

bool is_in(const std::string &name, const std::string &folder) { return name.starts_with(folder + "/"); }
bool is_of_kernel(const std::string &name) { return name.starts_with("linux-"); }

bool is_skipped(const std::string &name, const Measured &measured) {
  return std::any_of(measured.skipped.begin(), measured.skipped.end(),
                     [&](const auto &folder) { return is_in(name, folder.first); });
}

double growth(uint64_t from, uint64_t to) {
  if (from == 0)
    return to == 0 ? 0 : INFINITY;
  return (static_cast<double>(to) - static_cast<double>(from)) / static_cast<double>(from);
}

Verdict judge(const std::string &name, uint64_t kept, uint64_t now) {
  double more = growth(kept, now);
  if (std::fabs(more) <= kTolerance)
    return {Verdict::Kind::Pass, name, {}};
  char numbers[128];
  std::snprintf(numbers, sizeof numbers, "%ju instead of %ju, %.1f percent %s", static_cast<uintmax_t>(now),
                static_cast<uintmax_t>(kept), std::fabs(more) * 100, more > 0 ? "more" : "less");
  if (more > 0)
    return {Verdict::Kind::Fail, name, std::string(numbers) + ": " + kUpdate + ", if that has to be"};
  return {Verdict::Kind::Pass, name, std::string(numbers) + ": " + kUpdate + " keeps that"};
}

std::string line_of(const std::string &name, const Figure &figure) {
  char line[256];
  std::snprintf(line, sizeof line, "%-62s %9ju %s\n", name.c_str(), static_cast<uintmax_t>(figure.number),
                figure.unit.c_str());
  return line;
}

}  // namespace

Figures parse_baseline(const std::string &text) {
  Figures figures;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    Figure figure;
    if (line.starts_with('#') || !(words >> name >> figure.number >> std::ws))
      continue;
    std::getline(words, figure.unit);
    figures[name] = figure;
  }
  return figures;
}

std::vector<Verdict> compare(const Figures &kept, const Measured &measured) {
  std::vector<Verdict> verdicts;
  bool has_kernel = false;
  for (const auto &[name, figure] : kept) {
    if (is_of_kernel(name) && !is_in(name, measured.kernel))
      continue;
    has_kernel = has_kernel || is_of_kernel(name);
    if (is_skipped(name, measured))
      continue;
    auto now = measured.figures.find(name);
    verdicts.push_back(now == measured.figures.end() ? Verdict{Verdict::Kind::Fail, name, "it could not be measured"}
                                                     : judge(name, figure.number, now->second.number));
  }
  for (const auto &[name, figure] : measured.figures)
    if (!kept.contains(name) && (has_kernel || !is_of_kernel(name)))
      verdicts.push_back({Verdict::Kind::Fail, name, std::string("it is new: ") + kUpdate + " adds it"});
  for (const std::string &name : measured.broken)
    if (!kept.contains(name))
      verdicts.push_back({Verdict::Kind::Fail, name, "it could not be measured"});
  for (const auto &[folder, why] : measured.skipped)
    verdicts.push_back({Verdict::Kind::Skip, folder, why});
  if (!has_kernel)
    verdicts.push_back({Verdict::Kind::Skip, measured.kernel,
                        std::string("there are no figures of this kernel: ") + kUpdate + " adds them"});
  std::stable_sort(verdicts.begin(), verdicts.end(),
                   [](const Verdict &a, const Verdict &b) { return a.name < b.name; });
  return verdicts;
}

std::string rewritten(const std::string &text, const Measured &measured) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with('#'))
      out += line + "\n";
  Figures figures = measured.figures;
  for (const auto &[name, old] : parse_baseline(text)) {
    auto now = figures.find(name);
    if (now == figures.end()) {
      if (is_skipped(name, measured) || (is_of_kernel(name) && !is_in(name, measured.kernel)))
        figures[name] = old;
    } else if (now->second.unit == "instructions executed" &&
               std::fabs(growth(old.number, now->second.number)) < kUnmoved) {
      now->second = old;
    }
  }
  for (const auto &[name, figure] : figures)
    out += line_of(name, figure);
  return out;
}

}  // namespace sonde::bench
