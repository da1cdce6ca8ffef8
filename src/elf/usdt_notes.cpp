// Reads static probes' notes (sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
//
//   note:  address of the probe, address of .stapsdt.base at link time, address of the semaphore (0: none),
//          then provider, name and arguments, each ended by NUL
#include "elf/usdt_notes.h"

#include <gelf.h>

#include <cstring>
#include <optional>

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

std::optional<UsdtNote> parse_note(std::string_view bytes, uint64_t base_now, const ElfFile &file) {
  uint64_t addresses[3];
  if (bytes.size() < sizeof addresses)
    return std::nullopt;
  std::memcpy(addresses, bytes.data(), sizeof addresses);
  bytes.remove_prefix(sizeof addresses);
  auto provider = take_text(bytes), name = take_text(bytes), arguments = take_text(bytes);
  auto place = file.file_offset(moved(addresses[0], addresses[1], base_now));
  if (!provider || !name || !arguments || !place)
    return std::nullopt;
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
