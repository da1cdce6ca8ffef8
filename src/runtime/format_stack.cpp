// Stacks as text, a line per frame, in the form that their mode says.
#include <fmt/format.h>

#include <iterator>

#include "runtime/format_value.h"

namespace sonde::runtime {
namespace {

Symbol symbol_of(const Type &type, uint64_t address, uint32_t pid, Surroundings &around) {
  return type.kind == TypeKind::KernelStack ? around.symbols.kernel(address) : around.symbols.user(address, pid);
}

void append_place(std::string &out, const Symbol &symbol, uint64_t address) {
  if (symbol.name.empty())
    fmt::format_to(std::back_inserter(out), "{:#x}", address);
  else
    fmt::format_to(std::back_inserter(out), "{}+{}", symbol.name, symbol.offset);
}

// "	401126 leaf+0 (/tmp/program)"
void append_perf_frame(std::string &out, const Type &type, const Symbol &symbol, uint64_t address) {
  fmt::format_to(std::back_inserter(out), "\t{:x} ", address);
  append_place(out, symbol, address);
  if (type.kind == TypeKind::UserStack)
    fmt::format_to(std::back_inserter(out), " ({})", symbol.file.empty() ? "[unknown]" : symbol.file);
}

void append_build_id_frame(std::string &out, const Frame &frame) {
  if (!frame.has_build_id) {
    fmt::format_to(std::back_inserter(out), "{:x}", frame.address);
    return;
  }
  for (uint8_t byte : frame.build_id)
    fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  fmt::format_to(std::back_inserter(out), " {:#x}", frame.address);
}

void append_frame(std::string &out, const Type &type, const Frame &frame, uint32_t pid, Surroundings &around) {
  switch (type.stack_mode) {
  case StackMode::Bpftrace:
    out += "        ";
    return append_place(out, symbol_of(type, frame.address, pid, around), frame.address);
  case StackMode::Perf: return append_perf_frame(out, type, symbol_of(type, frame.address, pid, around), frame.address);
  case StackMode::Raw: fmt::format_to(std::back_inserter(out), "{:x}", frame.address); return;
  case StackMode::BuildId: return append_build_id_frame(out, frame);
  }
}

}  // namespace

void append_stack(std::string &out, const Type &type, uint64_t value, Surroundings &around) {
  auto pid = static_cast<uint32_t>(value >> 32);
  out += '\n';
  for (const Frame &frame : around.stacks.frames(type, value)) {
    append_frame(out, type, frame, pid, around);
    out += '\n';
  }
}

}  // namespace sonde::runtime
