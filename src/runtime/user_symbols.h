// Functions of running processes by address, through /proc/PID/maps and the mapped ELF files or, for code that was
// made at run time, perf maps.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "elf/binary.h"
#include "elf/demangle.h"
#include "runtime/mapping_records.h"
#include "runtime/perf_maps.h"
#include "runtime/symbols.h"

namespace sonde::runtime {

class UserSymbols {
public:
  explicit UserSymbols(bool demangle) : demangle_(demangle) {}
  // The function that holds the address, or an empty name.
  Symbol find(uint64_t address, uint32_t pid);
  // As Symbols::user_source.
  std::vector<SourcePlace> source(uint64_t address, uint32_t pid);

  // Takes in what processes have mapped since the last time, before they end and take it along.
  void keep_up();

private:
  void add_mapping(uint32_t pid, Mapping mapping);
  void forget_older(uint32_t pid, uint64_t time_ns);
  void forget_oldest(uint32_t exited_pid);
  void forget(uint32_t pid);
  bool read_mappings(uint32_t pid);
  const Mapping *known_mapping(uint64_t address, uint32_t pid) const;
  const Mapping *find_mapping(uint64_t address, uint32_t pid);
  struct File {
    std::string path;
    struct stat about;
  };
  static std::optional<File> file_of(const Mapping &mapping, uint32_t pid);
  elf::Binary *binary_of(const Mapping &mapping, uint32_t pid);
  void forget_unused_binaries();
  std::string shown(const std::string &name) const { return demangle_ ? elf::demangled(name) : name; }

  bool demangle_;
  MappingRecords records_;
  std::unordered_map<uint32_t, std::vector<Mapping>> mappings_;
  std::unordered_map<uint32_t, uint32_t> parents_;  // of processes that were forked while we ran
  std::deque<uint32_t> exited_;
  // By what each process calls them, and by what they are: containers have files of their own behind the same path.
  std::unordered_map<uint32_t, std::unordered_map<std::string, std::shared_ptr<elf::Binary>>> by_path_;
  using FileKey = std::tuple<uint64_t, uint64_t, int64_t, int64_t, int64_t>;  // device, number, time of change, size
  std::map<FileKey, std::shared_ptr<elf::Binary>> by_file_;
  PerfMaps perf_maps_;
};

}  // namespace sonde::runtime
