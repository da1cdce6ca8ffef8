// Which loops become functions that the kernel calls back, and which variables functions of a program share.
#pragma once

#include <vector>

#include "kernel/kernel.h"
#include "sema/analysis.h"

namespace sonde::codegen {

// Loops over maps are always called back.
bool is_called_back(const ast::While &node, const sema::Unit &unit, kernel::KernelVersion version);
bool is_called_back(const ast::ForRange &node, const sema::Unit &unit, kernel::KernelVersion version);

// By Unit::variables: whether the function of a loop, or of a part of a long body, uses a variable of another. With
// `all`, true for every variable but those that count rounds for the verifier, which must see their values.
// `rolls_loops`: see split_body().
std::vector<bool> find_shared_variables(const sema::Unit &unit, kernel::KernelVersion version, bool rolls_loops,
                                        bool all);

}  // namespace sonde::codegen
