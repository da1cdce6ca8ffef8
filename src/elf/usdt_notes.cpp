// Reads static probes' notes (sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
//
//   note:  address of the probe, address of .stapsdt.base at link time, address of the semaphore (0: none),
//          then provider, name and arguments, each ended by NUL
#include "elf/usdt_notes.h"

#include <gelf.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <regex>

#include "elf/elf_file.h"

namespace sonde::elf {
namespace {

constexpr uint32_t kUsdtNote = 3;
constexpr std::string_view kOwner = "stapsdt";

// Takes the text up to the next NUL off `rest`; nothing when there is none.
std::optional<std::string> take_text(std::string_view &rest) {
  size_t end = rest.find('\0');
  if (end == std::string_view::npos)
    return std::nullopt;
  std::string text(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  return text;
}

// A later step (prelinking) may have moved the program: .stapsdt.base moved with it.
uint64_t moved(uint64_t address, uint64_t base_then, uint64_t base_now) {
  return base_now && address ? address - base_then + base_now : address;
}

// Of the variable of that name, from the whole symbol table or what is left of it.
std::optional<uint64_t> variable_address(const ElfFile &file, std::string_view name) {
  for (uint32_t kind : {SHT_SYMTAB, SHT_DYNSYM})
    if (auto variable = file.variable(kind, name))
      return variable->address;
  return std::nullopt;
}

// An operand of a variable becomes its distance from the probe, where the instruction pointer is when it fires:
// "-4@8+counter(%rip)" → "-4@1234(%rip)". Those whose variable is not known stay as they are.
std::string with_distances(std::string_view arguments, uint64_t place, const ElfFile &file) {
  static const std::regex operand(R"(([0-9-]+@)(?:(-?[0-9]+)\+)?([A-Za-z_.$][\w.$]*)([+-][0-9]+)?\(%rip\))");
  std::string out;
  for (std::string_view rest = arguments; !rest.empty();) {
    std::string part(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    std::smatch match;
    if (std::regex_match(part, match, operand))
      if (auto variable = variable_address(file, match.str(3))) {
        auto distance = static_cast<int64_t>(*variable - place);
        for (int offset : {2, 4})
          distance += std::atoll(match.str(offset).c_str());
        part = match.str(1) + std::to_string(distance) + "(%rip)";
      }
    out += (out.empty() ? "" : " ") + part;
  }
  return out;
}

std::optional<UsdtNote> parse_note(std::string_view bytes, uint64_t base_now, const ElfFile &file) {
  uint64_t addresses[3];
  if (bytes.size() < sizeof addresses)
    return std::nullopt;
  std::memcpy(addresses, bytes.data(), sizeof addresses);
  bytes.remove_prefix(sizeof addresses);
  auto provider = take_text(bytes), name = take_text(bytes), arguments = take_text(bytes);
  uint64_t address = moved(addresses[0], addresses[1], base_now);
  auto place = file.file_offset(address);
  if (!provider || !name || !arguments || !place)
    return std::nullopt;
  if (arguments->find("(%rip)") != std::string::npos)
    arguments = with_distances(*arguments, address, file);
  UsdtNote note{*provider, *name, *place, 0, *arguments};
  if (uint64_t semaphore = moved(addresses[2], addresses[1], base_now))
    note.semaphore = file.file_offset(semaphore).value_or(0);
  return note;
}

}  // namespace

std::vector<UsdtNote> read_usdt_notes(const ElfFile &file) {
  std::vector<UsdtNote> notes;
  uint64_t base = file.section_address(".stapsdt.base");
  file.for_each_note([&](uint32_t type, std::string_view owner, std::string_view contents) {
    if (type != kUsdtNote || owner != kOwner)
      return;
    if (auto note = parse_note(contents, base, file))
      notes.push_back(std::move(*note));
  });
  return notes;
}

}  // namespace sonde::elf
