// A loaded script from its begin programs to its last line of output.
#pragma once

#include <memory>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/actions.h"
#include "runtime/attach.h"
#include "runtime/loader.h"
#include "runtime/lost_events.h"
#include "runtime/output.h"
#include "runtime/ring_reader.h"
#include "runtime/run.h"
#include "runtime/signals.h"

namespace sonde::runtime {

class Session {
public:
  static Result<std::unique_ptr<Session>> open(const image::ProgramImage &image, kernel::Kernel &kernel,
                                               const RunOptions &options, const LoadedObject &object, Signals &signals);
  ~Session();

  // Order: begin programs; attach; records until the end comes; records up to that moment (none
  // after an exit()); end programs and their records; maps; detach.
  Result<RunResult> run();
  // Shows that everything can be attached; runs no program itself and reads no record.
  Result<RunResult> attach_only();

private:
  Session(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
          const LoadedObject &object, Signals &signals);

  Result<void> run_programs(image::ProviderKind kind);
  Result<void> attach();
  void announce();
  void report_losses();
  void follow();
  Result<RunResult> finish();

  bool counts(const image::EventSpec &event) const;
  size_t drain(uint64_t end);
  void drain_completely(uint64_t end);
  bool is_over();
  void sleep_until_something(bool ring_is_quiet);

  const image::ProgramImage &image_;
  kernel::Kernel &kernel_;
  const RunOptions &options_;
  const LoadedObject &object_;
  Signals &signals_;
  Output output_;
  std::unique_ptr<MapStore> maps_;
  std::unique_ptr<Symbols> symbols_;
  std::unique_ptr<Stacks> stacks_;
  Surroundings around_;
  ActionState state_;
  std::unique_ptr<RingReader> ring_;
  LostEvents lost_;
  LostEvents lost_stacks_;
  int traced_pidfd_ = -1;  // of -p
  size_t refused_ = 0;     // targets that were left out
  bool keeps_up_ = false;  // with what processes map
  bool in_end_programs_ = false;
  bool is_over_ = false;
  Attachments attachments_;  // last: detached before anything else goes
};

}  // namespace sonde::runtime
