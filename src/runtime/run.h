// ProgramImage → output: load, attach, consume, print, detach.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "image/program_image.h"
#include "kernel/kernel.h"
#include "runtime/child_process.h"

namespace sonde::runtime {

// When script output is written: as records come, after each record, or when a buffer of it is full.
enum class Buffering : uint8_t { Line, None, Full };

struct RunOptions {
  ChildProcess *child = nullptr;          // -c; stopped; the run ends when it does
  std::optional<int> pid;                 // -p; the run ends when that process does
  bool json = false;                      // -f json
  Buffering buffering = Buffering::Line;  // -B
  int output_fd = 1;                      // -o; script output only. Messages go to stderr
  bool quiet = false;                     // -q: no "Attached N probes"
  int verbosity = 0;                      // -v
  bool dry_run = false;                   // load and attach, then leave: begin, end and the child do not run
};

// What a whole run came to. Exit codes are documented in docs/exit_codes.md.
struct RunResult {
  int exit_code = 0;  // exit(N)'s, else 0
  uint64_t lost_events = 0;
};

// Runs until exit(), the child's or the traced process's end, SIGINT or SIGTERM. When it returns,
// nothing stays attached or loaded, also after an error.
Result<RunResult> run(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options);

}  // namespace sonde::runtime
