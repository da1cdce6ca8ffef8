// Merges the symbol tables of one binary, and of its separate debug file when it was stripped.
#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "elf/elf_file.h"
#include "elf/symbol_table.h"

namespace sonde::elf {
namespace {

class MergedSymbols final : public SymbolTable {
public:
  MergedSymbols(std::vector<Segment> segments, std::vector<RawSymbol> symbols);

  const std::vector<Symbol> &functions() const override { return functions_; }
  const Symbol *find(std::string_view name) const override;
  const Symbol *containing_offset(uint64_t file_offset) const override;
  std::optional<uint64_t> file_offset_of(uint64_t address) const override;

private:
  std::vector<Segment> segments_;
  std::vector<Symbol> functions_;
};

// By address; of aliases, global names first, as they are the ones that others call by.
void sort_symbols(std::vector<RawSymbol> &symbols) {
  auto order = [](const RawSymbol &s) { return std::tuple(s.address, !s.is_global, std::string_view(s.name)); };
  std::sort(symbols.begin(), symbols.end(), [&](const auto &a, const auto &b) { return order(a) < order(b); });
  auto same = [](const RawSymbol &a, const RawSymbol &b) { return a.address == b.address && a.name == b.name; };
  symbols.erase(std::unique(symbols.begin(), symbols.end(), same), symbols.end());
}

MergedSymbols::MergedSymbols(std::vector<Segment> segments, std::vector<RawSymbol> symbols)
    : segments_(std::move(segments)) {
  sort_symbols(symbols);
  functions_.reserve(symbols.size());
  for (RawSymbol &symbol : symbols)
    if (auto offset = file_offset_of(symbol.address))
      functions_.push_back({std::move(symbol.name), symbol.address, symbol.size, *offset});
}

std::optional<uint64_t> MergedSymbols::file_offset_of(uint64_t address) const {
  for (const Segment &segment : segments_)
    if (address >= segment.address && address - segment.address < segment.size)
      return address - segment.address + segment.file_offset;
  return std::nullopt;
}

const Symbol *MergedSymbols::find(std::string_view name) const {
  auto found = std::find_if(functions_.begin(), functions_.end(), [&](const Symbol &s) { return s.name == name; });
  return found == functions_.end() ? nullptr : &*found;
}

const Symbol *MergedSymbols::containing_offset(uint64_t file_offset) const {
  for (const Segment &segment : segments_) {
    if (file_offset < segment.file_offset || file_offset - segment.file_offset >= segment.size)
      continue;
    uint64_t address = file_offset - segment.file_offset + segment.address;
    auto after = std::upper_bound(functions_.begin(), functions_.end(), address,
                                  [](uint64_t value, const Symbol &s) { return value < s.address; });
    if (after == functions_.begin())
      continue;
    // The first of the aliases at that address.
    uint64_t start = std::prev(after)->address;
    return &*std::lower_bound(functions_.begin(), functions_.end(), start,
                              [](const Symbol &s, uint64_t value) { return s.address < value; });
  }
  return nullptr;
}

std::string directory_of(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

// Where distributions and binutils put the debug file of a stripped binary, best first.
std::vector<std::string> debug_file_candidates(const std::string &path, const ElfFile &binary) {
  std::vector<std::string> candidates;
  if (std::string id = binary.build_id(); id.size() > 2)
    candidates.push_back("/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug");
  if (std::string link = binary.debug_link(); !link.empty()) {
    std::string directory = directory_of(path);
    candidates.push_back(directory + "/" + link);
    candidates.push_back(directory + "/.debug/" + link);
    candidates.push_back("/usr/lib/debug" + directory + "/" + link);
  }
  return candidates;
}

std::vector<RawSymbol> symbols_of_debug_file(const std::string &path, const ElfFile &binary) {
  std::string id = binary.build_id();
  for (const std::string &candidate : debug_file_candidates(path, binary)) {
    if (candidate == path || access(candidate.c_str(), R_OK) != 0)
      continue;
    auto file = ElfFile::open(candidate);
    // Another build's symbols would put probes in the middle of instructions.
    if (file && (*file)->build_id() == id)
      return (*file)->functions(SHT_SYMTAB);
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const SymbolTable>> read_symbols(const std::string &path) {
  auto file = ElfFile::open(path);
  if (!file)
    return file.error();
  std::vector<RawSymbol> symbols = (*file)->functions(SHT_SYMTAB);
  if (!(*file)->has_section(SHT_SYMTAB))
    symbols = symbols_of_debug_file(path, **file);
  for (RawSymbol &symbol : (*file)->functions(SHT_DYNSYM))
    symbols.push_back(std::move(symbol));
  std::shared_ptr<const SymbolTable> table =
      std::make_shared<MergedSymbols>((*file)->code_segments(), std::move(symbols));
  return table;
}

}  // namespace sonde::elf
