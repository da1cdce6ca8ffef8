// Runs a package that eunomia-bpf's compiler made: its programs are attached as their sections say, and what they send
// is printed by its type.
#pragma once

#include "base/result.h"
#include "image/package.h"
#include "runtime/run.h"

namespace sonde::runtime {

// Runs until the child's end, SIGINT or SIGTERM. Of the options it heeds the child, the form text or JSON, where
// output goes, -q, -v and --dry-run; others are refused.
Result<RunResult> run_foreign(const image::ForeignPackage &package, const RunOptions &options);

}  // namespace sonde::runtime
