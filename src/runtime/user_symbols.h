// Functions of running processes by address, through /proc/PID/maps and the mapped ELF files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/symbol_table.h"

namespace sonde::runtime {

class UserSymbols {
public:
  explicit UserSymbols(bool demangle) : demangle_(demangle) {}
  // The function that holds the address, or nothing.
  std::string find(uint64_t address, uint32_t pid);

private:
  struct Mapping {
    uint64_t begin, end, file_offset;
    std::string path;
  };
  const Mapping *find_mapping(uint64_t address, uint32_t pid);
  const elf::SymbolTable *table(const std::string &path, uint32_t pid);

  bool demangle_;
  std::unordered_map<uint32_t, std::vector<Mapping>> mappings_;
  std::unordered_map<std::string, std::shared_ptr<const elf::SymbolTable>> tables_;
};

}  // namespace sonde::runtime
