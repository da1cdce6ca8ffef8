// Looks a variable up in the symbol tables of a file.
#include "elf/variables.h"

#include "elf/elf_file.h"

namespace sonde::elf {

Result<std::optional<Variable>> find_variable(const std::string &path, std::string_view name) {
  auto file = ElfFile::open(path);
  if (!file)
    return file.error();
  std::optional<RawSymbol> symbol = (*file)->variable(SHT_SYMTAB, name);
  if (!symbol)
    symbol = (*file)->variable(SHT_DYNSYM, name);
  if (!symbol)
    return std::optional<Variable>();
  return std::optional(Variable{symbol->address, symbol->size, (*file)->is_position_independent()});
}

}  // namespace sonde::elf
