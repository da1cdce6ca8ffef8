// A file of BPF C → a BPF object, by the clang program: Clang's library reads C but makes no code.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "base/source.h"
#include "cdefs/parse_c.h"

namespace sonde::cdefs {

// Gives the text of a header.
using HeaderSource = std::function<Result<std::string>()>;

// The object of the file `path`, with BTF and, in its section .llvmbc, the optimised LLVM IR that it was made from.
// Its text is added to `sources`, in which errors of the C are reported; all else is at `import`. Nothing after an
// error. C that includes "vmlinux.h" and has none beside it is given that of `vmlinux`.
std::optional<std::vector<uint8_t>> compile_bpf_c(const std::string &path, Location import, const Options &options,
                                                  const HeaderSource &vmlinux, Sources &sources,
                                                  Diagnostics &diagnostics);

}  // namespace sonde::cdefs
