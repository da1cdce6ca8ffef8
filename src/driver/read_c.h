// The C of a script → definitions. A script without C, and without --include, costs one scan.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "cdefs/parse_c.h"
#include "kernel/kernel.h"

namespace sonde::driver {

struct CHeaders {
  std::vector<std::string> folders;  // -I
  std::vector<std::string> files;    // --include, and imported ones
};

// Where the kernel's headers are follows BPFTRACE_KERNEL_SOURCE and BPFTRACE_KERNEL_BUILD.
//
// The C of each of `files` stands for itself and sees `headers`; where files define one name, the last wins.
cdefs::Definitions read_c(const Sources &sources, std::span<const size_t> files, kernel::Kernel &kernel,
                          const CHeaders &headers, Diagnostics &diagnostics);

// How C of a script is read here.
cdefs::Options c_options(kernel::Kernel &kernel, const CHeaders &headers);

}  // namespace sonde::driver
