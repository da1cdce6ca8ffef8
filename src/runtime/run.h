// ProgramImage → output: load, attach, consume, print, detach.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/child_process.h"

namespace sonde::runtime {

// When script output is written: as records come, after each record, or when a buffer of it is full.
enum class Buffering : uint8_t { Line, None, Full };

// What is run: the script's probes, or its test or bench probes alone.
enum class RunMode : uint8_t { Probes, Tests, Benchmarks };

// Makes an image once more, in another way; nothing when that cannot be.
using Recompile = std::function<std::optional<image::ProgramImage>()>;

struct RunOptions {
  RunMode mode = RunMode::Probes;
  ChildProcess *child = nullptr;          // -c; stopped; the run ends when it does
  std::string program;                    // -c: the program of its command, as it was given
  std::vector<int> pids;                  // -p; the run ends when all of these processes have
  bool follow = false;                    // --follow: and processes that those of -p or -c make
  std::string cgroup;                     // --cgroup: path of its folder; empty for all
  bool json = false;                      // -f json
  bool json_typed = false;                // --json-typed: of a stamped image
  bool folded = false;                    // -f folded: maps with stacks to output_fd, other text to stderr
  bool ordered = false;                   // --ordered: records by time, of a stamped image
  bool status = false;                    // --status
  bool cost = false;                      // --cost
  bool colour = false;                    // on standard error
  Buffering buffering = Buffering::Line;  // -B
  int output_fd = 1;                      // -o; script output only. Messages go to stderr
  bool quiet = false;                     // -q: no "Attached N probes"
  int verbosity = 0;                      // -v
  bool strict = false;                    // --strict: a run that lost anything does not exit with 0
  std::vector<std::string> positional;    // $1 …, of images that await them
  std::vector<image::ScriptOption> script_options = {};  // those of the image, with their values
  bool dry_run = false;  // load and attach, then leave: begin, end and the child do not run
  // With all maps left to the kernel, for when programs that search tables are too large for it; empty: then they fail.
  Recompile without_tables = {};

  image::Scope scope() const;  // what pids, follow and cgroup come to
};

// Something was lost, and nothing else was wrong.
inline constexpr int kLostExitCode = 4;

// What a whole run came to. Exit codes are documented in docs/exit_codes.md.
struct RunResult {
  int exit_code = 0;  // exit(N)'s, else 0, or kLostExitCode when asked to be strict
};

// Runs until exit(), the child's or the traced process's end, SIGINT or SIGTERM. When it returns,
// nothing stays attached or loaded, also after an error.
Result<RunResult> run(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options);

}  // namespace sonde::runtime
