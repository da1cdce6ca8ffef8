// The files that a script imports, and those that these import.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"

namespace sonde::driver {

struct ImportedFiles {
  // Indices in Sources: each file behind those that it imports, the script last. A file is read once,
  // however often and from wherever it is imported, also in a circle.
  std::vector<size_t> scripts;
  std::vector<std::string> headers;  // paths of imported C headers, in the order of their imports
  struct BpfC {
    std::string path;
    Location import;
  };
  std::vector<BpfC> bpf_c;  // files of functions in BPF C, the same
};

// Reads what file `file` imports into `sources`. Paths are relative to the importing file's folder, or to
// the working directory where the text has no file. What cannot be read is reported at its import.
ImportedFiles load_imports(Sources &sources, size_t file, Diagnostics &diagnostics);

}  // namespace sonde::driver
