// An imported file of BPF C, compiled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/source.h"

namespace sonde::codegen {

struct CModule {
  std::string path;
  Location import;
  std::vector<uint8_t> bitcode;  // LLVM's, optimised
};

}  // namespace sonde::codegen
