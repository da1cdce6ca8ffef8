// The places in one binary that a uprobe's spec means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "elf/binary.h"
#include "probes/binaries.h"
#include "probes/uprobe_spec.h"

namespace sonde::probes {

struct CodePlace {
  std::string shown;     // behind the binary: ":readline", "@main.c:12"
  std::string function;  // whose entry it is; empty for other places
  uint64_t file_offset = 0;
};

// By their names. `whole` is what errors are about; with `unsafe` a place need not be the start of an instruction.
Result<std::vector<CodePlace>> find_places(const BinaryPath &file, elf::Binary &binary, const UprobeSpec &spec,
                                           const std::string &whole, bool unsafe);

// All functions whose name, or demangled name, matches; aliases of one place count once, as a hit there would run
// the program once for each. May be none.
std::vector<CodePlace> matching_functions(const elf::SymbolTable &symbols, std::string_view pattern, bool is_demangled);

}  // namespace sonde::probes
