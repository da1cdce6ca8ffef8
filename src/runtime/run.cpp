// A run: load, then a session.
#include "runtime/run.h"

#include "runtime/loader.h"
#include "runtime/session.h"
#include "runtime/signals.h"

namespace sonde::runtime {

Result<RunResult> run(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options) {
  Signals signals;
  auto object = load_object(image, kernel, options);
  if (!object)
    return object.error();
  if (auto signal = signals.received())
    return RunResult{128 + *signal, 0};
  auto session = Session::open(image, kernel, options, **object, signals);
  if (!session)
    return session.error();
  return options.dry_run ? (*session)->attach_only() : (*session)->run();
}

}  // namespace sonde::runtime
