// A run: load, then a session.
#include "runtime/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "runtime/create_arrays.h"
#include "runtime/format_folded.h"
#include "runtime/load_error.h"
#include "runtime/loader.h"
#include "runtime/program_costs.h"
#include "runtime/run_scope.h"
#include "runtime/session.h"
#include "runtime/settle.h"
#include "runtime/signals.h"

namespace sonde::runtime {

namespace {

std::vector<int> awaited_signals(const image::ProgramImage &image) {
  std::vector<int> signals;
  for (const image::ProgramSpec &program : image.programs)
    if (program.provider == image::ProviderKind::SelfSignal)
      for (const image::Target &target : program.targets)
        signals.push_back(static_cast<int>(target.count));
  return signals;
}

bool has_tables(const image::ProgramImage &image) {
  return std::any_of(image.maps.begin(), image.maps.end(),
                     [](const image::MapSpec &map) { return !array_section(map).empty(); });
}

Result<RunResult> run_here(const image::ProgramImage &image, const SmallBtf &types, kernel::Kernel &kernel,
                           const RunOptions &options) {
  if (options.folded && std::none_of(image.maps.begin(), image.maps.end(), can_fold))
    return Error{"fold", "the script's maps", "none is keyed by a stack and holds a number", "like @[kstack] = count()",
                 0};
  if ((options.json_typed || options.ordered) && !image.is_stamped)
    return Error{"run", "the image", "its records do not say when they were sent", "build it with --ordered", 0};
  std::vector<int> awaited = awaited_signals(image);
  Signals signals(awaited);
  auto object = load_object(image, types, kernel, options);
  if (!object) {
    bool is_tried_again = is_too_large(object.error()) && has_tables(image) && options.without_tables;
    auto smaller = is_tried_again ? options.without_tables() : std::nullopt;
    if (!smaller)
      return object.error();
    if (options.verbosity >= 1)
      fmt::print(stderr, "compiled again without tables: the kernel finds the programs too large\n");
    return run_here(*smaller, types, kernel, options);
  }
  if (auto signal = signals.received())
    return RunResult{128 + *signal};
  std::unique_ptr<ProgramCosts> costs;
  if (options.cost) {
    auto opened = ProgramCosts::open(image, **object, kernel);
    if (!opened)
      return opened.error();
    costs = opened.take();
  }
  auto scope = RunScope::open(image, **object, kernel, options);
  if (!scope)
    return scope.error();
  if (costs)
    (*scope)->count_in(*costs);
  auto session = Session::open(image, kernel, options, **object, signals, costs.get());
  if (!session)
    return session.error();
  if (options.mode == RunMode::Tests)
    return (*session)->run_tests();
  if (options.mode == RunMode::Benchmarks)
    return (*session)->run_benchmarks();
  return options.dry_run ? (*session)->attach_only() : (*session)->run();
}

}  // namespace

image::Scope RunOptions::scope() const {
  image::Scope scope;
  if (follow)
    scope.processes = image::ProcessScope::Followed;
  else if (!pids.empty())
    scope.processes = pids.size() == 1 ? image::ProcessScope::One : image::ProcessScope::Listed;
  scope.is_cgroup = !cgroup.empty();
  return scope;
}

Result<RunResult> run(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options) {
  if (image.oldest_kernel.empty())
    return run_here(image, SmallBtf(), kernel, options);
  auto settled = settle(image, kernel, options);
  if (!settled)
    return settled.error();
  return run_here(settled->image, settled->types, kernel, options);
}

}  // namespace sonde::runtime
