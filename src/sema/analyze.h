// ast::Program → sema::Analysis.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "cdefs/parse_c.h"
#include "image/script_options.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::sema {

struct AnalyzeOptions {
  std::vector<std::string> positional_parameters;   // $1 …
  std::vector<int> pids;                            // -p
  bool unsafe = false;                              // --unsafe
  image::Config config;                             // after the environment, before config blocks
  std::vector<image::ScriptOption> options;         // the script's own, with their values
  const cdefs::Definitions *definitions = nullptr;  // of the script's C; must outlive the Analysis
  bool stamp_records = false;                       // so that output can tell each record's origin
  bool count_failed_reads = false;                  // -k
  image::Scope scope = {};                          // -p, --follow, --cgroup
  std::string command = {};                         // the program of -c
  bool only_kernel_maps = false;                    // no tables, no task slots: programs are smaller without
};

// The phases, in order: apply_config, resolve_probes, check_types, check_loops, plan_events. Each goes on past errors
// and reports all it can find to `diagnostics`.
Analysis analyze(const ast::Program &program, kernel::Kernel &kernel, builtins::Table builtins,
                 const AnalyzeOptions &options, Diagnostics &diagnostics);

// For `-d types`: the tree of each unit, every expression followed by its type.
std::string print(const Analysis &analysis);

}  // namespace sonde::sema
