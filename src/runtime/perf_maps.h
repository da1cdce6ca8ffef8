// Functions that just-in-time compilers made, as they write them down for perf: /tmp/perf-PID.map.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/symbols.h"

namespace sonde::runtime {

// The functions of one such file, with lines "start size name", numbers in hexadecimal.
class PerfMap {
public:
  PerfMap() = default;
  explicit PerfMap(const std::string &text);
  // An empty name when nothing is known of the address. Of functions that lie over each other the last one counts:
  // compilers use memory again.
  Symbol find(uint64_t address) const;

private:
  struct Function {
    uint64_t begin, size;
    std::string name;
  };
  std::vector<Function> functions_;  // ascending by begin, without overlaps at the same begin
};

class PerfMaps {
public:
  // Reads the process's file, as it sees it or as we do, when first asked and when it has grown since and may know
  // the address now.
  Symbol find(uint64_t address, uint32_t pid);
  void forget(uint32_t pid) { known_.erase(pid); }

private:
  struct Known {
    PerfMap map;
    uint64_t size = 0;  // bytes of the file that were read
  };
  std::unordered_map<uint32_t, Known> known_;
};

}  // namespace sonde::runtime
