// One open ELF file, through libelf: its function symbols, segments and the notes that lead to a
// separate debug file.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "elf/symbol_table.h"

namespace sonde::elf {

// A PT_LOAD segment with code: where a part of the file lies in memory.
struct Segment {
  uint64_t address = 0;
  uint64_t file_offset = 0;
  uint64_t size = 0;  // bytes in the file
};

struct RawSymbol {
  std::string name;
  uint64_t address = 0;
  uint64_t size = 0;
  bool is_global = false;
};

class ElfFile {
public:
  // Errors: no such file, not readable, a directory, not an ELF file, another machine's.
  static Result<std::unique_ptr<ElfFile>> open(const std::string &path);
  ~ElfFile();
  ElfFile(const ElfFile &) = delete;
  ElfFile &operator=(const ElfFile &) = delete;

  std::vector<Segment> code_segments() const;
  // Defined functions of the sections of that kind (SHT_SYMTAB, SHT_DYNSYM); empty when there is none.
  std::vector<RawSymbol> functions(uint32_t section_kind) const;
  bool has_section(uint32_t section_kind) const;
  // Where the file holds what is loaded at that address, code or data; nothing for other addresses.
  std::optional<uint64_t> file_offset(uint64_t address) const;
  // Of the section of that name; 0 when there is none.
  uint64_t section_address(std::string_view name) const;
  // Calls `visit` with the type, owner and contents of each note.
  void for_each_note(const std::function<void(uint32_t, std::string_view, std::string_view)> &visit) const;
  // In hexadecimal; empty when the file has none.
  std::string build_id() const;
  // File name in .gnu_debuglink; empty when there is none.
  std::string debug_link() const;

private:
  ElfFile(int fd, Elf *elf) : fd_(fd), elf_(elf) {}
  Elf_Scn *find_section(uint32_t kind) const;
  Elf_Scn *find_section(std::string_view name) const;

  int fd_;
  Elf *elf_;
};

}  // namespace sonde::elf
