// Times whole runs of tracers side by side: the same work, in turns, so that what else the machine does falls on all
// of them alike. Prints medians, quartiles and ratios.
//
//   bench_runs [--runs N] [--records FILE] --functions PROGRAM --tool NAME=PROGRAM… [GROUP…]
//   bench_runs --calls N KEYS          the work that some rows trace: N calls of close(), of KEYS numbers in turn
//   bench_runs --mark FILE             the same: writes down when it began and when it ended, in that moment
//
// The first tool is the one that the others are compared with. FILE is what write_table reads.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "measure_run.h"
#include "results.h"
#include "works.h"

namespace sonde::bench {
namespace {

constexpr unsigned kRunLimitSeconds = 60;
// A tool whose run takes longer is run once: medians of minutes teach nothing.
constexpr double kLongRunMs = 3000;

struct Settings {
  int runs = 11;
  std::string functions;
  std::vector<Tool> tools;
  std::vector<std::string> groups;  // none: all
  std::FILE *records = nullptr;
};

int make_calls(long count, long keys) {
  for (long i = 0; i < count; i++)
    close(static_cast<int>(1'000'000 + i % keys));
  report_command_cpu();
  return 0;
}

int make_mark(const char *path) {
  double began = now_ms();
  std::FILE *file = std::fopen(path, "w");
  if (!file)
    return 1;
  std::fprintf(file, "%.6f %.6f\n", began, now_ms());
  return std::fclose(file);
}

// One tool's samples of a work.
struct Series {
  std::vector<std::vector<double>> by_metric;
  int failures = 0;
  bool is_over = false;
};

void replace(std::string &text, const std::string &word, const std::string &by) {
  if (size_t at = text.find(word); at != std::string::npos)
    text.replace(at, word.size(), by);
}

class Bench {
public:
  explicit Bench(const Settings &settings)
      : settings_(settings), mark_("/tmp/sonde-bench-mark." + std::to_string(getpid())) {}
  ~Bench() {
    unlink(mark_.c_str());
    unlink(built_path().c_str());
  }
  Bench(const Bench &) = delete;
  Bench &operator=(const Bench &) = delete;

  void measure(const Work &work) {
    std::vector<const Metric *> wanted = wanted_metrics(work);
    if (wanted.empty())
      return;
    allow_keys(work.has_many_keys);
    std::vector<Tool> tools = settings_.tools;
    if (work.is_built)
      build(work, tools[0]);
    std::vector<Series> all(tools.size());
    for (Series &series : all)
      series.by_metric.resize(wanted.size());
    for (int round = 0; round <= settings_.runs; round++)
      for (size_t i = 0; i < tools.size(); i++)
        if (!all[i].is_over)
          add_sample(work, tools[i], wanted, round, all[i]);
    for (size_t m = 0; m < wanted.size(); m++)
      tell(work, *wanted[m], m, tools, all);
  }

private:
  std::string built_path() const { return mark_ + ".built"; }

  std::vector<const Metric *> wanted_metrics(const Work &work) const {
    std::vector<const Metric *> metrics;
    for (const Metric &metric : work.metrics)
      if (settings_.groups.empty() || std::count(settings_.groups.begin(), settings_.groups.end(), metric.group) > 0)
        metrics.push_back(&metric);
    return metrics;
  }

  // The setting's name of 0.17 and that of later ones.
  static void allow_keys(bool many) {
    for (const char *name : {"BPFTRACE_MAP_KEYS_MAX", "BPFTRACE_MAX_MAP_KEYS"})
      many ? setenv(name, "200000", 1) : unsetenv(name);
  }

  // The first tool as the executable that it makes of the work's script.
  void build(const Work &work, Tool &tool) const {
    bool is_ok =
        run({tool.program, "build", work.arguments[0], work.arguments[1], "-o", built_path()}, -1, kRunLimitSeconds)
            .is_ok;
    if (!is_ok)
      std::fprintf(stderr, "%s could not build: %s\n", tool.name.c_str(), work.name);
    tool.program = is_ok ? built_path() : "/nonexistent";
  }

  // 0.17 has no --dry-run; its -d stops at the same place.
  std::vector<std::string> command(const Tool &tool, const Work &work,
                                   const std::vector<const char *> &arguments) const {
    if (tool.program == built_path())
      return {tool.program};
    std::vector<std::string> words = {tool.program};
    for (std::string argument : arguments) {
      if (tool.name == "bpftrace-0.17" && argument == "--dry-run")
        argument = "-d";
      if (argument.starts_with("SELF "))
        replace(argument, "SELF", own_path());
      replace(argument, "FUNCTIONS", settings_.functions);
      words.push_back(argument);
    }
    if (work.takes_mark)
      words.insert(words.end(), {"-c", own_path() + " --mark " + mark_});
    return words;
  }

  // Round 0 fills the page cache; it counts when it was so long that there is no other.
  void add_sample(const Work &work, const Tool &tool, const std::vector<const Metric *> &metrics, int round,
                  Series &series) const {
    std::FILE *output = work.events > 0 ? tmpfile() : nullptr;
    unlink(mark_.c_str());
    double started = now_ms();
    Sample sample = run(command(tool, work, work.arguments), output ? fileno(output) : -1, kRunLimitSeconds);
    double ended = now_ms();
    series.is_over = sample.wall_ms > kLongRunMs;
    if (sample.was_ended) {
      for (std::vector<double> &samples : series.by_metric)
        samples.assign(1, kTooLong);
    } else if (!sample.is_ok) {
      series.failures++;
    } else if (round > 0 || series.is_over) {
      for (size_t m = 0; m < metrics.size(); m++)
        series.by_metric[m].push_back(value_of(*metrics[m], work, tool, sample, started, ended, output));
    }
    if (output)
      std::fclose(output);
  }

  double value_of(const Metric &metric, const Work &work, const Tool &tool, const Sample &sample, double started,
                  double ended, std::FILE *output) const {
    switch (metric.measure) {
    case Measure::WallMs: return sample.wall_ms;
    case Measure::AttachMs: return marks()[0] - started;
    case Measure::DetachMs: return ended - marks()[1];
    case Measure::PeakMib: return sample.peak_mib;
    case Measure::CpuOverBaseline:
      return sample.cpu_ms - run(command(tool, work, work.baseline), -1, kRunLimitSeconds).cpu_ms;
    case Measure::MillionsPrinted: return printed(work, output) / 1e6;
    case Measure::MillionsASecond: return printed(work, output) / 1e3 / sample.wall_ms;
    case Measure::DiskMib: return mebibytes_on_disk(tool.program);
    }
    return kNothing;
  }

  // Two empty lines come before the maps.
  static double printed(const Work &work, std::FILE *output) {
    return std::min(count_lines(fileno(output)), static_cast<double>(work.events));
  }

  // When the command of -c began and ended.
  std::array<double, 2> marks() const {
    std::array<double, 2> marks = {kNothing, kNothing};
    if (std::FILE *file = std::fopen(mark_.c_str(), "r")) {
      if (std::fscanf(file, "%lf %lf", &marks[0], &marks[1]) != 2)
        marks = {kNothing, kNothing};
      std::fclose(file);
    }
    return marks;
  }

  void tell(const Work &work, const Metric &metric, size_t index, const std::vector<Tool> &tools,
            const std::vector<Series> &all) const {
    Result result{metric.group, work.name, unit_of(metric.measure), metric.bar, metric.reason, {}};
    for (size_t i = 0; i < tools.size(); i++)
      result.tools.push_back(figures_of(tools[i].name, all[i].by_metric[index], all[i].failures));
    print(result);
    keep(result, settings_.records);
  }

  const Settings &settings_;
  std::string mark_;
};

int usage() {
  std::fprintf(stderr, "usage: bench_runs [--runs N] [--records FILE] --functions PROGRAM --tool NAME=PROGRAM... "
                       "[GROUP...]\ngroups:");
  std::vector<std::string> groups;
  for (const Work &work : works())
    for (const Metric &metric : work.metrics)
      if (std::count(groups.begin(), groups.end(), metric.group) == 0)
        groups.emplace_back(metric.group);
  for (const std::string &group : groups)
    std::fprintf(stderr, " %s", group.c_str());
  std::fprintf(stderr, "\n");
  return 2;
}

bool is_group(const std::string &name) {
  return std::any_of(works().begin(), works().end(), [&](const Work &work) {
    return std::any_of(work.metrics.begin(), work.metrics.end(),
                       [&](const Metric &metric) { return name == metric.group; });
  });
}

bool read_settings(int argc, char **argv, Settings &settings) {
  for (int i = 1; i < argc; i++) {
    std::string word = argv[i];
    const char *value = i + 1 < argc ? argv[i + 1] : "";
    if (!word.starts_with("--")) {
      if (!is_group(word))
        return false;
      settings.groups.push_back(word);
      continue;
    }
    if (word == "--runs")
      settings.runs = std::atoi(value);
    else if (word == "--functions")
      settings.functions = value;
    else if (word == "--records")
      settings.records = std::fopen(value, "a");
    else if (word != "--tool" || !add_tool(value, settings.tools))
      return false;
    i++;
  }
  return !settings.tools.empty() && settings.runs > 0 && !settings.functions.empty();
}

}  // namespace
}  // namespace sonde::bench

int main(int argc, char **argv) {
  using namespace sonde::bench;
  if (argc == 4 && std::strcmp(argv[1], "--calls") == 0 && std::atol(argv[3]) > 0)
    return make_calls(std::atol(argv[2]), std::atol(argv[3]));
  if (argc == 3 && std::strcmp(argv[1], "--mark") == 0)
    return make_mark(argv[2]);
  Settings settings;
  if (!read_settings(argc, argv, settings))
    return usage();
  std::printf("%d runs each, in turns; ratio: %s to the tool\n", settings.runs, settings.tools[0].name.c_str());
  Bench bench(settings);
  for (const Work &work : works())
    bench.measure(work);
}
