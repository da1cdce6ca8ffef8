// What tracing cost, for --cost: how often each program ran, how long that took, and what share of a CPU it was.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/loader.h"
#include "runtime/run_statistics.h"

namespace sonde::runtime {

struct ProgramCost {
  std::vector<std::string> probes;  // all places that it serves, as `probe` prints them
  std::string file;                 // where the script has the probe; empty for programs of sonde's own
  size_t line = 0, column = 0;      // from 1
  RunTime time = {};
};

// The costs of a run at one moment.
struct RunCost {
  uint64_t duration_ns = 0;  // of the counting
  std::vector<ProgramCost> programs;
};

// A table: the dearest program first, and a line with the sum. A program of several probes is named by its first one,
// and by its place in the script where another one's is the same.
std::string cost_text(const RunCost &cost);
// {"type": "cost", "data": {"duration_ns": N, "programs": [{"probes": ["NAME", …], …}, …]}}, in the same order.
void append_json_cost(std::string &out, const RunCost &cost);

// Counts from its making on.
class ProgramCosts {
public:
  // The image and the object outlive it.
  static Result<std::unique_ptr<ProgramCosts>> open(const image::ProgramImage &image, const LoadedObject &object,
                                                    kernel::Kernel &kernel);
  // A program that the script does not have, but that runs for it. The descriptor stays the caller's.
  void add(std::string name, int program_fd);
  RunCost read() const;

private:
  struct Counted {
    ProgramCost program;  // without its time
    int fd;
  };
  explicit ProgramCosts(RunStatistics statistics);
  void add_programs(const image::ProgramImage &image, const LoadedObject &object);

  RunStatistics statistics_;
  uint64_t start_ns_;
  std::vector<Counted> counted_;
};

}  // namespace sonde::runtime
