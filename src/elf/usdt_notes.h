// Static probes of user programs: the notes that sys/sdt.h leaves in section .note.stapsdt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::elf {

// One place where a probe fires; inlining gives one probe several.
struct UsdtNote {
  std::string provider;
  std::string name;
  uint64_t file_offset = 0;  // of the instruction
  uint64_t semaphore = 0;    // file offset of the counter that turns the probe on; 0 when it is always on
  // The file has such a counter, but not the bytes of it: nothing can turn the probe on.
  bool has_lost_semaphore = false;
  std::string arguments;  // "-4@%edi 8@-16(%rbp) 8@$5"
};

class ElfFile;

// In the order of the file.
std::vector<UsdtNote> read_usdt_notes(const ElfFile &file);

}  // namespace sonde::elf
