// Which files a spec's binary means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace sonde::probes {

// A file to probe: where the kernel finds it, and what users call it.
struct BinaryPath {
  std::string path;
  std::string shown;
};

// A path, which may be a glob, or a name to look for as elf::resolve_binary does; ARCHIVE!/MEMBER is a file in a zip
// archive. "*" are all programs and libraries that the processes run or, without any, that some process does. With
// pids, paths are meant as those processes see them.
Result<std::vector<BinaryPath>> find_binaries(const std::string &name, std::span<const int> pids);

}  // namespace sonde::probes
