// Limits a loaded object's programs to the processes of -p, --follow and --cgroup.
#pragma once

#include <memory>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/loader.h"
#include "runtime/program_costs.h"
#include "runtime/run.h"

namespace sonde::runtime {

class RunScope {
public:
  // Fills the maps that the programs look into. With --follow, processes that come to be are added to them from then
  // on, while the object lives, and those taken away that end; what descendants there are already is added too.
  static Result<std::unique_ptr<RunScope>> open(const image::ProgramImage &image, const LoadedObject &object,
                                                kernel::Kernel &kernel, const RunOptions &options);
  // The programs that keep the set of followed processes cost something too.
  void count_in(ProgramCosts &costs) const;
  // Warns of processes that found no room in the map.
  ~RunScope();
  RunScope(const RunScope &) = delete;
  RunScope &operator=(const RunScope &) = delete;

private:
  RunScope() = default;
  Result<void> follow(const LoadedObject &object, kernel::Kernel &kernel);

  int lost_map_ = -1;  // array of one u64: forks that were not followed
  int fork_ = -1, fork_link_ = -1, end_ = -1, end_link_ = -1;
};

}  // namespace sonde::runtime
