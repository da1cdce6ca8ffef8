// Stacks as text, a line per frame, in the form that their mode says.
#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "runtime/format_value.h"

namespace sonde::runtime {
namespace {

Symbol symbol_of(const Type &type, uint64_t address, uint32_t pid, Surroundings &around) {
  return type.kind == TypeKind::KernelStack ? around.symbols.kernel(address) : around.symbols.user(address, pid);
}

struct FramePlace {
  uint64_t address;
  uint32_t pid;
  bool is_innermost;  // others are where a call returns to: the call is just in front
};

std::vector<SourcePlace> source_of(const Type &type, const FramePlace &frame, Surroundings &around) {
  if (type.kind != TypeKind::UserStack || !around.image.config.show_debug_info)
    return {};
  return around.symbols.user_source(frame.is_innermost ? frame.address : frame.address - 1, frame.pid);
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

// "        leaf+4@/src/program.c:12", and in front of it what was inlined there.
void append_bpftrace_frame(std::string &out, const Type &type, const FramePlace &frame, Surroundings &around) {
  constexpr std::string_view kIndent = "        ";
  std::vector<SourcePlace> places = source_of(type, frame, around);
  for (const SourcePlace &inlined : places)
    if (!inlined.function.empty())
      fmt::format_to(std::back_inserter(out), "{}{}@{} (inlined)\n", kIndent, inlined.function, inlined.place);
  out += kIndent;
  append_place(out, symbol_of(type, frame.address, frame.pid, around), frame.address);
  if (!places.empty())
    out += "@" + places.back().place;
}

void append_frame(std::string &out, const Type &type, const Frame &frame, const FramePlace &place,
                  Surroundings &around) {
  switch (type.stack_mode) {
  case StackMode::Bpftrace: return append_bpftrace_frame(out, type, place, around);
  case StackMode::Perf:
    return append_perf_frame(out, type, symbol_of(type, frame.address, place.pid, around), frame.address);
  case StackMode::Raw: fmt::format_to(std::back_inserter(out), "{:x}", frame.address); return;
  case StackMode::BuildId: return append_build_id_frame(out, frame);
  }
}

}  // namespace

void append_stack(std::string &out, const Type &type, uint64_t value, Surroundings &around) {
  auto pid = static_cast<uint32_t>(value >> 32);
  bool is_innermost = true;
  out += '\n';
  for (const Frame &frame : around.stacks.frames(type, value)) {
    append_frame(out, type, frame, {frame.address, pid, std::exchange(is_innermost, false)}, around);
    out += '\n';
  }
}

}  // namespace sonde::runtime
