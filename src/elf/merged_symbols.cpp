// Sorts symbols and finds them by name and place.
#include "elf/merged_symbols.h"

#include <algorithm>
#include <tuple>

namespace sonde::elf {
namespace {

// The linker writes "name@@VERSION" for symbols with versions.
std::string_view without_version(std::string_view name) {
  size_t at = name.find('@');
  return at == 0 ? name : name.substr(0, at);
}

// By address; of aliases, global names first, as they are the ones that others call by.
void sort_symbols(std::vector<RawSymbol> &symbols) {
  for (RawSymbol &symbol : symbols)
    symbol.name = without_version(symbol.name);
  auto order = [](const RawSymbol &s) { return std::tuple(s.address, !s.is_global, s.name); };
  std::sort(symbols.begin(), symbols.end(), [&](const auto &a, const auto &b) { return order(a) < order(b); });
  auto same = [](const RawSymbol &a, const RawSymbol &b) { return a.address == b.address && a.name == b.name; };
  symbols.erase(std::unique(symbols.begin(), symbols.end(), same), symbols.end());
}

}  // namespace

MergedSymbols::MergedSymbols(std::vector<Segment> segments, std::vector<RawSymbol> symbols)
    : segments_(std::move(segments)) {
  sort_symbols(symbols);
  functions_.reserve(symbols.size());
  for (const RawSymbol &symbol : symbols)
    if (auto offset = file_offset_of(symbol.address))
      functions_.push_back({symbol.name, symbol.address, symbol.size, *offset});
}

std::optional<uint64_t> MergedSymbols::file_offset_of(uint64_t address) const {
  for (const Segment &segment : segments_)
    if (address >= segment.address && address - segment.address < segment.size)
      return address - segment.address + segment.file_offset;
  return std::nullopt;
}

std::optional<uint64_t> MergedSymbols::address_of(uint64_t file_offset) const {
  for (const Segment &segment : segments_)
    if (file_offset >= segment.file_offset && file_offset - segment.file_offset < segment.size)
      return file_offset - segment.file_offset + segment.address;
  return std::nullopt;
}

const Symbol *MergedSymbols::find(std::string_view name) const {
  auto found = std::find_if(functions_.begin(), functions_.end(), [&](const Symbol &s) { return s.name == name; });
  return found == functions_.end() ? nullptr : &*found;
}

const Symbol *MergedSymbols::containing_offset(uint64_t file_offset) const {
  auto address = address_of(file_offset);
  if (!address)
    return nullptr;
  auto after = std::upper_bound(functions_.begin(), functions_.end(), *address,
                                [](uint64_t value, const Symbol &s) { return value < s.address; });
  if (after == functions_.begin())
    return nullptr;
  // The first of the aliases at that address.
  uint64_t start = std::prev(after)->address;
  return &*std::lower_bound(functions_.begin(), functions_.end(), start,
                            [](const Symbol &s, uint64_t value) { return s.address < value; });
}

}  // namespace sonde::elf
