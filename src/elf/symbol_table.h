// Functions of user-space ELF files: where a uprobe goes, and which function an address is in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sonde::elf {

struct Symbol {
  std::string_view name;  // as in the file (mangled)
  uint64_t address = 0;   // virtual address in the file
  uint64_t size = 0;
  uint64_t file_offset = 0;  // what uprobes are set by
};

// The function symbols of one binary and of what belongs to it (binary.h), which owns the names.
class SymbolTable {
public:
  virtual ~SymbolTable() = default;
  virtual const std::vector<Symbol> &functions() const = 0;  // ascending by address; aliases kept
  virtual const Symbol *find(std::string_view name) const = 0;
  // The function that holds a file offset or starts nearest below it, or null.
  virtual const Symbol *containing_offset(uint64_t file_offset) const = 0;
  // Where the file holds the code that is loaded at a virtual address; nothing for other addresses.
  virtual std::optional<uint64_t> file_offset_of(uint64_t address) const = 0;
  // The way back.
  virtual std::optional<uint64_t> address_of(uint64_t file_offset) const = 0;
};

// "bash" → "/usr/bin/bash" through PATH, "libc" or "libc.so.6" → its file through ld.so.cache and
// the standard folders; names with a slash are returned as they are if they exist.
Result<std::string> resolve_binary(std::string_view name);

}  // namespace sonde::elf
