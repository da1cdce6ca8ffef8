// One open ELF file, through libelf: its function symbols, segments and notes.
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
  std::string_view name;  // the file's own bytes
  uint64_t address = 0;
  uint64_t size = 0;
  bool is_global = false;
};

class ElfFile {
public:
  // `path` may be PATH!/MEMBER, a file in a zip archive; file offsets are then the archive's. Errors: no such file,
  // not readable, a directory, not an ELF file, another machine's.
  static Result<std::unique_ptr<ElfFile>> open(const std::string &path);
  ~ElfFile();
  ElfFile(const ElfFile &) = delete;
  ElfFile &operator=(const ElfFile &) = delete;

  // Of the file, or of a copy of the member.
  int fd() const { return fd_; }
  std::vector<Segment> code_segments() const;
  // Defined functions of the sections of that kind (SHT_SYMTAB, SHT_DYNSYM); empty when there is none.
  std::vector<RawSymbol> functions(uint32_t section_kind) const;
  // The variable of that name in a section of that kind; nothing when there is none.
  std::optional<RawSymbol> variable(uint32_t section_kind, std::string_view name) const;
  // Loaded wherever there is room, not at its own addresses.
  bool is_position_independent() const;
  // Where the file holds what is loaded at that address, code or data; nothing for other addresses.
  std::optional<uint64_t> file_offset(uint64_t address) const;
  // The way back, for code.
  std::optional<uint64_t> address_of(uint64_t file_offset) const;
  bool has_section(std::string_view name) const { return find_section(name) != nullptr; }
  // Of the section of that name; 0 when there is none.
  uint64_t section_address(std::string_view name) const;
  // Calls `visit` with the type, owner and contents of each note.
  void for_each_note(const std::function<void(uint32_t, std::string_view, std::string_view)> &visit) const;

private:
  ElfFile(int fd, Elf *elf, uint64_t start) : fd_(fd), elf_(elf), start_(start) {}
  Elf_Scn *find_section(uint32_t kind) const;
  Elf_Scn *find_section(std::string_view name) const;

  int fd_;
  Elf *elf_;
  uint64_t start_;  // of a member, in its archive
};

}  // namespace sonde::elf
