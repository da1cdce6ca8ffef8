// A loaded script from its begin programs to its last line of output.
#pragma once

#include <memory>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/actions.h"
#include "runtime/attach.h"
#include "runtime/loader.h"
#include "runtime/losses.h"
#include "runtime/ordered_records.h"
#include "runtime/output.h"
#include "runtime/packet_files.h"
#include "runtime/packet_reader.h"
#include "runtime/program_costs.h"
#include "runtime/record_stream.h"
#include "runtime/run.h"
#include "runtime/signals.h"
#include "runtime/status_line.h"
#include "runtime/traced_files.h"
#include "runtime/traced_processes.h"

namespace sonde::runtime {

class Session {
public:
  // `costs`, if any, are printed at the end.
  static Result<std::unique_ptr<Session>> open(const image::ProgramImage &image, kernel::Kernel &kernel,
                                               const RunOptions &options, const LoadedObject &object, Signals &signals,
                                               const ProgramCosts *costs);
  ~Session();

  // Order: begin programs; attach; records until the end comes; records up to that moment (none
  // after an exit()); end programs and their records; maps; detach.
  Result<RunResult> run();
  // Shows that everything can be attached; runs no program itself and reads no record.
  Result<RunResult> attach_only();
  // The test probes in their order, each passed if it returns 0; the exit code says whether all did.
  Result<RunResult> run_tests();
  // The bench probes, each many times, and what a run takes by the kernel's own measure.
  Result<RunResult> run_benchmarks();

private:
  Session(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
          const LoadedObject &object, Signals &signals, const ProgramCosts *costs);

  // Runs one program once; what it returned.
  Result<uint32_t> run_program(const image::ProgramSpec &spec);
  Result<void> open_records();
  Result<void> open_packets();
  Result<void> run_programs(image::ProviderKind kind);
  Result<void> run_for_signals();
  Result<bool> run_test(const image::ProgramSpec &spec, const std::string &name);
  Result<void> run_benchmark(const image::ProgramSpec &spec, const std::string &name);
  Result<void> attach();
  void announce();
  void flush();
  void add_summary(int exit_code);
  RunResult result();
  Result<void> follow();
  Result<RunResult> finish();

  bool counts(const image::EventSpec &event) const;
  void act_on(const uint8_t *record, uint32_t size);
  void read_packets();
  size_t drain(const RecordStream::Mark &end);
  void drain_completely(const RecordStream::Mark &end);
  // What programs have sent by now.
  void drain_all();
  bool is_over();
  void sleep_until_something(bool is_quiet);

  const image::ProgramImage &image_;
  kernel::Kernel &kernel_;
  const RunOptions &options_;
  const LoadedObject &object_;
  Signals &signals_;
  const ProgramCosts *costs_;  // null unless they are asked for
  Output output_;
  Output folds_;
  std::unique_ptr<MapStore> maps_;
  std::unique_ptr<Symbols> symbols_;
  std::unique_ptr<Stacks> stacks_;
  Surroundings around_;
  JsonRecords json_;
  ActionState state_;
  std::unique_ptr<RecordStream> records_;
  std::optional<OrderedRecords> ordered_;
  std::optional<StatusLine> status_;
  Losses losses_;
  uint64_t events_ = 0;  // received
  uint64_t start_ns_ = boot_time_ns();
  std::unique_ptr<TracedProcesses> traced_;
  size_t refused_ = 0;     // targets that were left out
  bool keeps_up_ = false;  // with what processes map
  bool in_end_programs_ = false;
  bool is_over_ = false;
  std::unique_ptr<PacketFiles> packet_files_;
  std::unique_ptr<PacketReader> packets_;  // null when the script sends none
  TracedFiles traced_files_;
  Attachments attachments_;  // last: detached before anything else goes
};

}  // namespace sonde::runtime
