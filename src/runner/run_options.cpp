// The rows of options; a run is the runtime's.
#include "runner/run_options.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "image/config.h"
#include "kernel/features.h"
#include "runner/exit_codes.h"
#include "runtime/child_process.h"
#include "runtime/run_foreign.h"
#include "runtime/split_command.h"

namespace sonde::runner {
namespace {

runtime::Buffering buffering_of(const std::string &word) {
  return word == "full"   ? runtime::Buffering::Full
         : word == "none" ? runtime::Buffering::None
                          : runtime::Buffering::Line;
}

std::vector<std::string_view> known_features() {
  std::vector<std::string_view> names;
  for (const kernel::FeatureName &row : kernel::feature_names())
    names.push_back(row.name);
  return names;
}

std::optional<kernel::Feature> find_feature(std::string_view name) {
  for (const kernel::FeatureName &row : kernel::feature_names())
    if (row.name == name)
      return row.feature;
  return std::nullopt;
}

}  // namespace

std::vector<Option> option_rows(RunOptions &options) {
  return {
      {"-c,--cmd", &options.command, "Run this command under the script; the run ends when it does", "COMMAND"},
      {"-p,--pid", &options.pids, "Trace these processes alone; the run ends when all of them have", "PID[,PID]"},
      {"--follow", &options.follow, "Trace what -p or -c names, and the processes that it starts, and no others"},
      {"--cgroup", &options.cgroup, "Trace the processes of this cgroup, and of those in it, alone", "FOLDER"},
      {"-o,--output", &options.output, "Write the script's output to this file", "FILE"},
      {"-f",
       &options.format,
       "Form of the output: text; json, one record per line; or folded, maps with stacks for flame graphs",
       "FORMAT",
       {"text", "json", "folded"}},
      {"--json-typed", &options.json_typed,
       "JSON that also says when, where and by whom a record was sent, with values by type, and a summary"},
      {"--json-schema", &options.json_schema, "Print the JSON Schema of --json-typed"},
      {"--ordered", &options.ordered, "Print records in the order of their time stamps"},
      {"--status", &options.status, "Show events, their rate and losses on standard error, each second"},
      {"--cost", &options.cost,
       "At the end, say how often each program ran, how long that took, and what share of a CPU it was"},
      {"-B",
       &options.buffering,
       "When output is written: line (as it comes), none (every record), full",
       "MODE",
       {"line", "none", "full"}},
      {"-q,--quiet", &options.quiet, "Do not print what is attached"},
      {"-v,--verbose", &options.verbosity, "Say what is done; twice: the verifier's log too"},
      {"--strict", &options.strict, "Exit with 4 instead of 0 when anything was lost"},
      {"--dry-run", &options.dry_run, "Load and attach, then leave"},
      {"--usdt-file-activation", &options.usdt_file_activation,
       "Accepted for older scripts: a static probe is on in every process that maps its file anyway"},
      {"--no-feature", &options.absent_features,
       fmt::format("Do without these features of the kernel: {}", fmt::join(known_features(), ", ")), "NAME[,NAME]"},
  };
}

void check_run_options(const RunOptions &options) {
  if (options.format == "folded" && options.json_typed)
    throw UsageError{"--json-typed is a form of JSON: it excludes -f folded"};
  for (int pid : options.pids)
    if (pid <= 0)
      throw UsageError{fmt::format("-p takes the id of a process, not {}", pid)};
  if (options.cost && options.dry_run)
    throw UsageError{"--cost measures programs that run: it excludes --dry-run"};
  if (options.follow && options.pids.empty() && !options.command)
    throw UsageError{"--follow needs a process to begin with: -p PID or -c COMMAND"};
  for (const std::string &name : options.absent_features)
    if (!find_feature(name))
      throw UsageError{
          fmt::format("--no-feature does not know '{}'; there are {}", name, fmt::join(known_features(), ", "))};
  if (!options.pids.empty() && options.command)
    throw UsageError{"-p and -c exclude each other: each names the process that the run ends with"};
}

std::unique_ptr<kernel::Kernel> open_kernel(const RunOptions &options) {
  std::vector<kernel::Feature> absent;
  for (const std::string &name : options.absent_features)
    absent.push_back(*find_feature(name));
  return kernel::open_running_kernel(absent);
}

Result<int> open_output(const std::string &path) {
  if (path.empty())
    return STDOUT_FILENO;
  int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0)
    return Error::from_errno("open output file", path, errno);
  return fd;
}

bool use_colour() {
  const char *no_colour = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) && !(no_colour && *no_colour);
}

int refuse(const Error &error) {
  fmt::print(stderr, "ERROR: {}\n", error.message());
  return kRefused;
}

Result<void> check_processes(const std::vector<int> &pids) {
  for (int pid : pids)
    if (kill(pid, 0) != 0 && errno != EPERM)
      return Error{"trace process", std::to_string(pid), "there is no such process", {}, errno};
  return {};
}

std::string program_of(const RunOptions &options) {
  auto words = runtime::split_command(options.command.value_or(""));
  return words && !words->empty() ? words->front() : "";
}

image::Scope RunOptions::scope() const {
  runtime::RunOptions options;
  options.pids = pids;
  options.follow = follow;
  options.cgroup = cgroup;
  return options.scope();
}

Result<void> check_built(const image::ProgramImage &image, const RunOptions &options) {
  if (!image.oldest_kernel.empty())
    return {};
  utsname running{};
  uname(&running);
  if (image.kernel_release != running.release)
    return Error{"run", image.source_name,
                 fmt::format("it was built for Linux {}; this is {}", image.kernel_release, running.release),
                 "sonde build on this machine makes one for it", 0};
  if (options.scope() != image.scope)
    return Error{"limit", image.source_name, "its programs were built to trace every process",
                 "-p, --follow and --cgroup work with the script itself", 0};
  return {};
}

Result<void> apply_settings(image::ProgramImage &image) {
  auto settled = image::apply_environment_of_run(image.config);
  if (!settled)
    return settled.error();
  for (const std::string &name : *settled)
    fmt::print(stderr, "WARNING: {} is settled where {} is built ({}): the environment does not change it\n", name,
               image.source_name, image::find_config_key(name)->get(image.config));
  return {};
}

namespace {

// What is run by the runtime's options, once the command is there and output has a place.
using Run = std::function<Result<runtime::RunResult>(const runtime::RunOptions &)>;

int start(const RunOptions &options, const Run &run) {
  std::unique_ptr<runtime::ChildProcess> child;
  if (options.command) {
    auto started = runtime::ChildProcess::start_stopped(*options.command);
    if (!started)
      return refuse(started.error());
    child = started.take();
  }
  Result<int> output = open_output(options.output);
  if (!output)
    return refuse(output.error());
  runtime::RunOptions run_options;
  run_options.mode = options.mode;
  run_options.child = child.get();
  run_options.program = program_of(options);
  run_options.pids = options.pids;
  run_options.follow = options.follow;
  run_options.cgroup = options.cgroup;
  run_options.json = options.format == "json" || options.json_typed;
  run_options.json_typed = options.json_typed;
  run_options.folded = options.format == "folded";
  run_options.ordered = options.ordered;
  run_options.status = options.status;
  run_options.cost = options.cost;
  run_options.colour = use_colour();
  run_options.buffering = buffering_of(options.buffering);
  run_options.output_fd = *output;
  run_options.quiet = options.quiet;
  run_options.verbosity = options.verbosity;
  run_options.strict = options.strict;
  run_options.dry_run = options.dry_run;
  auto result = run(run_options);
  return result ? result->exit_code : refuse(result.error());
}

}  // namespace

int run_image(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options,
              const runtime::Recompile &without_tables) {
  std::vector<image::ScriptOption> script_options = image.options;
  if (auto wrong = image::set_options(script_options, options.given)) {
    fmt::print(stderr, "ERROR: {}\n", *wrong);
    return kUsageError;
  }
  return start(options, [&](runtime::RunOptions run) {
    run.positional = options.positional;
    run.script_options = script_options;
    run.without_tables = without_tables;
    return runtime::run(image, kernel, run);
  });
}

int run_foreign(const image::ForeignPackage &package, const RunOptions &options) {
  return start(options, [&](const runtime::RunOptions &run) { return runtime::run_foreign(package, run); });
}

void hold_closed_standard_files() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0)
      open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace sonde::runner
