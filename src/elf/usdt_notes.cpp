// Reads static probes' notes (sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
//
//   note:  address of the probe, address of .stapsdt.base at link time, address of the semaphore (0: none),
//          then provider, name and arguments, each ended by NUL
#include "elf/usdt_notes.h"

#include <gelf.h>

#include <algorithm>
#include <charconv>
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

// Of the variable of that name, from the whole symbol table or what is left of it.
std::optional<uint64_t> variable_address(const ElfFile &file, std::string_view name) {
  for (uint32_t kind : {SHT_SYMTAB, SHT_DYNSYM})
    if (auto variable = file.variable(kind, name))
      return variable->address;
  return std::nullopt;
}

// A variable that an operand reads: SIZE@[NUMBER+]NAME[±NUMBER](%rip).
struct VariableOperand {
  std::string_view size;  // with the @
  std::string_view name;
  int64_t offset = 0;  // the sum of the numbers
};

// Takes a decimal number with its sign off the front of `text`.
std::optional<int64_t> take_number(std::string_view &text) {
  std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  int64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc())
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

std::optional<VariableOperand> parse_variable_operand(std::string_view text) {
  constexpr std::string_view kBase = "(%rip)", kDigits = "0123456789";
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.$0123456789";
  VariableOperand operand;
  size_t at = text.find('@');
  if (!text.ends_with(kBase) || at == std::string_view::npos)
    return std::nullopt;
  operand.size = text.substr(0, at + 1);
  text = text.substr(at + 1, text.size() - at - 1 - kBase.size());
  if (auto before = take_number(text)) {
    if (!text.starts_with('+'))
      return std::nullopt;
    operand.offset = *before;
    text.remove_prefix(1);
  }
  operand.name = text.substr(0, std::min(text.find_first_not_of(kLetters), text.size()));
  text.remove_prefix(operand.name.size());
  if (operand.name.empty() || kDigits.find(operand.name[0]) != std::string_view::npos)
    return std::nullopt;
  if (!text.empty()) {
    auto behind = take_number(text);
    if (!behind || !text.empty())
      return std::nullopt;
    operand.offset += *behind;
  }
  return operand;
}

// An operand of a variable becomes its distance from the probe, where the instruction pointer is when it fires:
// "-4@8+counter(%rip)" → "-4@1234(%rip)". Those whose variable is not known stay as they are.
std::string with_distances(std::string_view arguments, uint64_t place, const ElfFile &file) {
  std::string out;
  for (std::string_view rest = arguments; !rest.empty();) {
    std::string part(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (auto operand = parse_variable_operand(part))
      if (auto variable = variable_address(file, operand->name)) {
        int64_t distance = static_cast<int64_t>(*variable - place) + operand->offset;
        part = std::string(operand->size) + std::to_string(distance) + "(%rip)";
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
  UsdtNote note{*provider, *name, *place, 0, false, *arguments};
  if (uint64_t semaphore = moved(addresses[2], addresses[1], base_now)) {
    note.semaphore = file.file_offset(semaphore).value_or(0);
    note.has_lost_semaphore = note.semaphore == 0;
  }
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
