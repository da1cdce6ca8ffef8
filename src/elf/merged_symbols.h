// Function symbols of several tables as one.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "elf/elf_file.h"
#include "elf/symbol_table.h"

namespace sonde::elf {

class MergedSymbols final : public SymbolTable {
public:
  // The names must outlive this.
  MergedSymbols(std::vector<Segment> segments, std::vector<RawSymbol> symbols);

  const std::vector<Symbol> &functions() const override { return functions_; }
  const Symbol *find(std::string_view name) const override;
  const Symbol *containing_offset(uint64_t file_offset) const override;
  std::optional<uint64_t> file_offset_of(uint64_t address) const override;
  std::optional<uint64_t> address_of(uint64_t file_offset) const override;

private:
  std::vector<Segment> segments_;
  std::vector<Symbol> functions_;
};

}  // namespace sonde::elf
