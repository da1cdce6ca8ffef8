// The options of a run on the command line, which sonde and the executables that it builds have in common, and the
// run that they ask for.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/package.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runner/option.h"
#include "runtime/run.h"

namespace sonde::runner {

struct RunOptions {
  std::optional<std::string> command;  // -c
  std::vector<int> pids;               // -p
  bool follow = false;                 // --follow
  std::string cgroup;                  // --cgroup
  std::string output;                  // -o; empty for standard output
  std::string format = "text";         // -f
  bool json_schema = false;            // --json-schema: print it, and that is all
  bool json_typed = false;             // --json-typed
  bool ordered = false;
  bool status = false;
  bool cost = false;
  std::string buffering = "line";  // -B
  bool quiet = false;
  int verbosity = 0;
  bool strict = false;
  bool dry_run = false;
  std::vector<std::string> absent_features;  // --no-feature
  bool usdt_file_activation = false;         // accepted, and nothing else
  runtime::RunMode mode = runtime::RunMode::Probes;
  // For images that await them: $1 …, and --name=value of the script's own options.
  std::vector<std::string> positional;
  std::vector<image::GivenOption> given;

  // Records must say when, where and by whom they were sent.
  bool wants_stamps() const { return json_typed || ordered; }
  // What programs have to look at for -p, --follow and --cgroup.
  image::Scope scope() const;
};

// The options as rows that set `options`, which must outlive them.
std::vector<Option> option_rows(RunOptions &options);
// What no option alone can tell: which exclude each other. Throws UsageError.
void check_run_options(const RunOptions &options);

// An output file, created or emptied; standard output for an empty path.
Result<int> open_output(const std::string &path);
// Messages in colour: standard error is a terminal, and NO_COLOR does not object.
bool use_colour();
// The running kernel, as if it lacked what --no-feature names.
std::unique_ptr<kernel::Kernel> open_kernel(const RunOptions &options);
// Says why not on standard error; returns kRefused.
int refuse(const Error &error);
// The program of -c's command, as it was given; "" without one.
std::string program_of(const RunOptions &options);
// Refuses a process that is not there.
Result<void> check_processes(const std::vector<int> &pids);
// Refuses an image from a file that was made for another kernel, or without the limits that are asked for.
Result<void> check_built(const image::ProgramImage &image, const RunOptions &options);
// Lets the environment change those settings of an image from a file that a run decides; warns of others.
Result<void> apply_settings(image::ProgramImage &image);
// Starts the command, if there is one, and runs the image. Returns what to exit with. `without_tables`: as in
// runtime::RunOptions.
int run_image(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
              const runtime::Recompile &without_tables = {});
// The same for a package that sonde did not make.
int run_foreign(const image::ForeignPackage &package, const RunOptions &options);
// A standard file that was closed stays unusable: else the next file that we open would take its number, and output
// or messages would go there.
void hold_closed_standard_files();

}  // namespace sonde::runner
