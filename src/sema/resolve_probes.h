// Attach points → units: what each probe is attached to, and which targets share a program.
#pragma once

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"
#include "sema/analyze.h"

namespace sonde::sema {

// Fills in analysis.units (without types) and analysis.probe_names. A probe that matches nothing has
// one unit without targets, which type checking uses and drops.
void resolve_probes(const ast::Program &program, kernel::Kernel &kernel, const AnalyzeOptions &options,
                    Analysis &analysis, Diagnostics &diagnostics);

// Gives every unit's program its symbol in the object.
void name_programs(Analysis &analysis);

}  // namespace sonde::sema
