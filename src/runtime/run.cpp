// A run: load, then a session.
#include "runtime/run.h"

#include <algorithm>

#include "runtime/format_folded.h"
#include "runtime/loader.h"
#include "runtime/run_scope.h"
#include "runtime/session.h"
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

}  // namespace

Result<RunResult> run(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options) {
  if (options.folded && std::none_of(image.maps.begin(), image.maps.end(), can_fold))
    return Error{"fold", "the script's maps", "none is keyed by a stack and holds a number", "like @[kstack] = count()",
                 0};
  if ((options.json_typed || options.ordered) && !image.is_stamped)
    return Error{"run", "the image", "its records do not say when they were sent", "build it with --ordered", 0};
  std::vector<int> awaited = awaited_signals(image);
  Signals signals(awaited);
  auto object = load_object(image, kernel, options);
  if (!object)
    return object.error();
  if (auto signal = signals.received())
    return RunResult{128 + *signal};
  auto scope = RunScope::open(image, **object, kernel, options);
  if (!scope)
    return scope.error();
  auto session = Session::open(image, kernel, options, **object, signals);
  if (!session)
    return session.error();
  if (options.mode == RunMode::Tests)
    return (*session)->run_tests();
  if (options.mode == RunMode::Benchmarks)
    return (*session)->run_benchmarks();
  return options.dry_run ? (*session)->attach_only() : (*session)->run();
}

}  // namespace sonde::runtime
