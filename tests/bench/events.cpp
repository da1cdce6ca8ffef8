// What an event costs: for each row of a table, each tool traces the same calls, and the kernel's own statistics of the
// programs that it loaded say how long a run takes and how large they are.
//
//   bench_events [--runs N] [--records FILE] --tool NAME=PROGRAM… [--row NAME]…
//   bench_events --work CALLS FILE     what is traced: calls of event_target() and close(), then the statistics into
//   FILE
//
// The first tool is the one that the others are compared with. Times are nanoseconds a run above those of an empty
// program of the first tool, the least of the runs: what disturbs only adds. Sizes do not depend on the machine's load:
// instructions as the kernel keeps them after the verifier, and bytes of machine code.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "event_rows.h"
#include "measure_run.h"
#include "program_figures.h"
#include "results.h"

extern "C" __attribute__((noinline, used)) long event_target(long number, const char *text) {
  __asm__ volatile("" : : "r"(text));
  return number;
}

namespace sonde::bench {
namespace {

constexpr long kCalls = 100'000;
constexpr unsigned kRunLimitSeconds = 60;

struct Cost {
  double nanoseconds = INFINITY;
  unsigned instructions = 0;
  unsigned bytes = 0;
};

// ---- The work ----

// Those of the tool that started us; where its descriptors do not tell, all there are.
std::vector<ProgramFigures> programs_of_tool() {
  std::vector<ProgramFigures> programs = programs_of(getppid());
  return programs.empty() ? all_programs() : programs;
}

// Writes a line "NANOSECONDS INSTRUCTIONS BYTES" for each program that ran at every call.
int work(long calls, const char *path) {
  std::map<uint32_t, ProgramFigures> before;
  for (const ProgramFigures &program : programs_of_tool())
    before[program.id] = program;
  for (long i = 0; i < calls; i++) {
    event_target(i, "a text of a few words");
    close(-1);
  }
  std::FILE *file = std::fopen(path, "w");
  if (!file)
    return 1;
  for (const ProgramFigures &program : programs_of_tool()) {
    uint64_t runs = program.runs - before[program.id].runs;
    if (runs < static_cast<uint64_t>(calls) * 9 / 10)
      continue;
    double time_ns = static_cast<double>(program.run_time_ns - before[program.id].run_time_ns);
    std::fprintf(file, "%.2f %u %u\n", time_ns / static_cast<double>(runs), program.instructions,
                 program.machine_bytes);
  }
  return std::fclose(file);
}

// ---- The measuring ----

std::vector<Cost> read_costs(const std::string &path) {
  std::vector<Cost> costs;
  std::FILE *file = std::fopen(path.c_str(), "r");
  Cost cost;
  while (file && std::fscanf(file, "%lf %u %u", &cost.nanoseconds, &cost.instructions, &cost.bytes) == 3)
    costs.push_back(cost);
  if (file)
    std::fclose(file);
  return costs;
}

// One run; as many costs as the row has programs, or none when it failed.
std::vector<Cost> run_row(const Tool &tool, const EventRow &row) {
  std::string path = "/tmp/sonde-bench-events." + std::to_string(getpid());
  unlink(path.c_str());
  std::string command = own_path() + " --work " + std::to_string(kCalls) + " " + path;
  run({tool.program, "-e", with_target(row.script, own_path() + ":event_target"), "-c", command}, -1, kRunLimitSeconds);
  std::vector<Cost> costs = read_costs(path);
  unlink(path.c_str());
  return costs.size() == row.programs.size() ? costs : std::vector<Cost>();
}

// The least of the runs, for each tool and each program of the row. A tool that failed twice in a row will do so again.
std::vector<std::vector<Cost>> measure(const EventRow &row, const std::vector<Tool> &tools, int runs) {
  std::vector<std::vector<Cost>> least(tools.size());
  std::vector<int> failures(tools.size());
  for (int round = 0; round < runs; round++)
    for (size_t i = 0; i < tools.size(); i++) {
      if (failures[i] == 2)
        continue;
      std::vector<Cost> costs = run_row(tools[i], row);
      failures[i] = costs.empty() ? failures[i] + 1 : 0;
      if (least[i].empty())
        least[i] = costs;
      for (size_t k = 0; k < std::min(least[i].size(), costs.size()); k++)
        if (costs[k].nanoseconds < least[i][k].nanoseconds)
          least[i][k] = costs[k];
    }
  return least;
}

// Fewer instructions than these two; 0.17 does less for a probe, by maps that others may not read meanwhile.
bool is_held_against_size(const std::string &tool) { return tool != "bpftrace-0.17"; }

void tell(const EventRow &row, size_t index, const std::vector<Tool> &tools,
          const std::vector<std::vector<Cost>> &costs, double empty, std::FILE *records) {
  const char *program = row.programs[index];
  Result time{"event", program, "ns above an empty program", {Bar::Kind::OfBestPeer, 0.7}, row.slow_reason, {}};
  Result size{"event", program, "instructions", {Bar::Kind::OfBestPeer, 1}, row.large_reason, {}};
  Result bytes{"event", program, "bytes of machine code", {}, {}, {}};
  if (!row.has_bars)
    time.bar = size.bar = {};
  for (size_t i = 0; i < tools.size(); i++) {
    std::vector<double> ns, instructions, machine_bytes;
    if (!costs[i].empty()) {
      ns.push_back(std::max(costs[i][index].nanoseconds - empty, 0.1));
      instructions.push_back(costs[i][index].instructions);
      machine_bytes.push_back(costs[i][index].bytes);
    }
    time.tools.push_back(figures_of(tools[i].name, ns, 0));
    if (is_held_against_size(tools[i].name))
      size.tools.push_back(figures_of(tools[i].name, instructions, 0));
    bytes.tools.push_back(figures_of(tools[i].name, machine_bytes, 0));
  }
  for (const Result *result : {&time, &size, &bytes})
    print(*result);
  keep(time, records);
  keep(size, records);
}

int usage() {
  std::fprintf(stderr, "usage: bench_events [--runs N] [--records FILE] --tool NAME=PROGRAM... [--row NAME]...\nrows:");
  for (const EventRow &row : event_rows())
    std::fprintf(stderr, " %s", row.name);
  std::fprintf(stderr, "\n");
  return 2;
}

bool is_row(const std::string &name) {
  return std::any_of(event_rows().begin(), event_rows().end(), [&](const EventRow &row) { return row.name == name; });
}

// `names` of rows, or none for all.
int measure_all(const std::vector<Tool> &tools, const std::vector<std::string> &names, int runs, std::FILE *records) {
  if (enable_run_statistics() < 0) {
    std::perror("bench_events: the kernel's statistics of programs");
    return 1;
  }
  std::vector<std::vector<Cost>> empty = measure(empty_row(), {tools[0]}, runs);
  if (empty[0].empty()) {
    std::fprintf(stderr, "bench_events: %s does not run an empty program\n", tools[0].name.c_str());
    return 1;
  }
  std::printf("events: %d runs of %ld calls each, in turns; an empty program takes %.1f ns\n", runs, kCalls,
              empty[0][0].nanoseconds);
  for (const EventRow &row : event_rows()) {
    if (!names.empty() && std::count(names.begin(), names.end(), row.name) == 0)
      continue;
    std::vector<std::vector<Cost>> costs = measure(row, tools, runs);
    for (size_t i = 0; i < row.programs.size(); i++)
      tell(row, i, tools, costs, empty[0][0].nanoseconds, records);
  }
  return 0;
}

}  // namespace
}  // namespace sonde::bench

int main(int argc, char **argv) {
  using namespace sonde::bench;
  if (argc == 4 && std::strcmp(argv[1], "--work") == 0)
    return work(std::atol(argv[2]), argv[3]);
  int runs = 5;
  std::vector<Tool> tools;
  std::vector<std::string> names;
  std::FILE *records = nullptr;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string word = argv[i], value = argv[i + 1];
    if (word == "--runs")
      runs = std::atoi(value.c_str());
    else if (word == "--records")
      records = std::fopen(value.c_str(), "a");
    else if (word == "--row" && is_row(value))
      names.push_back(value);
    else if (word != "--tool" || !add_tool(value, tools))
      return usage();
  }
  return tools.empty() || runs < 1 ? usage() : measure_all(tools, names, runs, records);
}
