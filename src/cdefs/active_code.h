// Whether C has anything to read once its conditions on BPFTRACE_HAVE_BTF are decided.
#pragma once

#include <string_view>

namespace sonde::cdefs {

// Most scripts guard their #includes with `#ifndef BPFTRACE_HAVE_BTF`; where the kernel has BTF nothing is
// left of them, and Clang need not be opened. False only when that is certain: any other condition,
// directive or definition counts as something to read.
bool has_active_code(std::string_view text, bool kernel_has_btf);

}  // namespace sonde::cdefs
