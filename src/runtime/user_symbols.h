// Functions of running processes by address, through /proc/PID/maps and the mapped ELF files.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/symbol_table.h"
#include "runtime/mapping_records.h"
#include "runtime/symbols.h"

namespace sonde::runtime {

class UserSymbols {
public:
  explicit UserSymbols(bool demangle) : demangle_(demangle) {}
  // The function that holds the address, or an empty name.
  Symbol find(uint64_t address, uint32_t pid);

  // Takes in what processes have mapped since the last time, before they end and take it along.
  void keep_up();

private:
  void add_mapping(uint32_t pid, Mapping mapping);
  void forget_oldest(uint32_t exited_pid);
  bool read_mappings(uint32_t pid);
  const Mapping *known_mapping(uint64_t address, uint32_t pid) const;
  const Mapping *find_mapping(uint64_t address, uint32_t pid);
  const elf::SymbolTable *table(const std::string &path, uint32_t pid);

  bool demangle_;
  MappingRecords records_;
  std::unordered_map<uint32_t, std::vector<Mapping>> mappings_;
  std::unordered_map<uint32_t, uint32_t> parents_;  // of processes that were forked while we ran
  std::deque<uint32_t> exited_;
  std::unordered_map<std::string, std::shared_ptr<const elf::SymbolTable>> tables_;
};

}  // namespace sonde::runtime
