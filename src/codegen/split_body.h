// Cuts long bodies into parts, which become functions: BPF's branches reach 32,767 instructions, and LLVM takes longer
// than linear time for a long function.
#pragma once

#include <span>
#include <vector>

#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::codegen {

// Bodies of parts are cut again, as deep as this: the verifier follows eight frames, and loops need some.
constexpr uint32_t kDeepestPart = 3;

using Statements = std::span<const ast::Statement>;

// The parts of a list of statements that stands in no loop; one part means that it is not cut. `rolls_loops`: unroll
// does not repeat its code. `depth` is how many parts are around the list.
std::vector<Statements> split_body(Statements statements, const sema::Unit &unit, kernel::KernelVersion version,
                                   bool rolls_loops, uint32_t depth);

}  // namespace sonde::codegen
