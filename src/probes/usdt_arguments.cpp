// Parses the operands that the assembler was given, as sys/sdt.h writes them down: SIZE@OPERAND, separated by
// blanks; a negative size marks a signed value.
#include "probes/usdt_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace sonde::probes {
namespace {

struct Register {
  std::string_view name;
  uint16_t offset;  // in struct pt_regs of x86-64
  uint8_t shift = 0;
};

constexpr Register kRegisters[] = {
    {"rax", 80},  {"eax", 80},   {"ax", 80},   {"al", 80},    {"ah", 80, 8}, {"rbx", 40},  {"ebx", 40},   {"bx", 40},
    {"bl", 40},   {"bh", 40, 8}, {"rcx", 88},  {"ecx", 88},   {"cx", 88},    {"cl", 88},   {"ch", 88, 8}, {"rdx", 96},
    {"edx", 96},  {"dx", 96},    {"dl", 96},   {"dh", 96, 8}, {"rsi", 104},  {"esi", 104}, {"si", 104},   {"sil", 104},
    {"rdi", 112}, {"edi", 112},  {"di", 112},  {"dil", 112},  {"rbp", 32},   {"ebp", 32},  {"bp", 32},    {"bpl", 32},
    {"rsp", 152}, {"esp", 152},  {"sp", 152},  {"spl", 152},  {"rip", 128},  {"r8", 72},   {"r8d", 72},   {"r8w", 72},
    {"r8b", 72},  {"r9", 64},    {"r9d", 64},  {"r9w", 64},   {"r9b", 64},   {"r10", 56},  {"r10d", 56},  {"r10w", 56},
    {"r10b", 56}, {"r11", 48},   {"r11d", 48}, {"r11w", 48},  {"r11b", 48},  {"r12", 24},  {"r12d", 24},  {"r12w", 24},
    {"r12b", 24}, {"r13", 16},   {"r13d", 16}, {"r13w", 16},  {"r13b", 16},  {"r14", 8},   {"r14d", 8},   {"r14w", 8},
    {"r14b", 8},  {"r15", 0},    {"r15d", 0},  {"r15w", 0},   {"r15b", 0},
};

std::optional<Register> find_register(std::string_view text) {
  if (!text.starts_with('%'))
    return std::nullopt;
  for (const Register &known : kRegisters)
    if (known.name == text.substr(1))
      return known;
  return std::nullopt;
}

template <typename Number> std::optional<Number> to_number(std::string_view text) {
  Number number{};
  bool is_hex = text.starts_with("0x");
  auto [end, error] = is_hex ? std::from_chars(text.data() + 2, text.data() + text.size(), number, 16)
                             : std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

// "-4" → 4 bytes, signed.
bool set_size(std::string_view text, UsdtArgument &argument) {
  auto size = to_number<int>(text);
  if (!size || (std::abs(*size) != 1 && std::abs(*size) != 2 && std::abs(*size) != 4 && std::abs(*size) != 8))
    return false;
  argument.size = static_cast<uint8_t>(std::abs(*size));
  argument.is_signed = *size < 0;
  return true;
}

// What stands between the parentheses of "8(%rax,%rbx,4)".
bool set_registers(std::string_view text, UsdtArgument &argument) {
  std::vector<std::string_view> parts = split(text, ',');
  auto base = parts.empty() ? std::nullopt : find_register(trim(parts[0]));
  if (!base || base->shift || parts.size() > 3)
    return false;
  argument.base = base->offset;
  if (parts.size() == 1)
    return true;
  auto index = find_register(trim(parts[1]));
  auto scale = parts.size() == 3 ? to_number<uint8_t>(trim(parts[2])) : std::optional<uint8_t>(1);
  if (!index || index->shift || !scale)
    return false;
  argument.has_index = true;
  argument.index = index->offset;
  argument.scale = *scale;
  return true;
}

bool set_operand(std::string_view text, UsdtArgument &argument) {
  if (text.starts_with('$')) {
    auto value = to_number<int64_t>(text.substr(1));
    argument.value = value.value_or(0);
    return value.has_value();
  }
  if (auto found = find_register(text)) {
    argument.kind = UsdtArgument::Kind::Register;
    argument.base = found->offset;
    argument.base_shift = found->shift;
    return true;
  }
  size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')')
    return false;
  argument.kind = UsdtArgument::Kind::Memory;
  auto displacement = open ? to_number<int64_t>(text.substr(0, open)) : std::optional<int64_t>(0);
  argument.value = displacement.value_or(0);
  return displacement && set_registers(text.substr(open + 1, text.size() - open - 2), argument);
}

bool set_argument(std::string_view text, UsdtArgument &argument) {
#if defined(__x86_64__)
  size_t at = text.find('@');
  return at != std::string_view::npos && set_size(text.substr(0, at), argument) &&
         set_operand(text.substr(at + 1), argument);
#else
  // Operands are the architecture's own assembly.
  return false;
#endif
}

// Of a part that is not understood. Vector registers are not saved where a program could read them.
std::string problem_with(std::string_view part) {
  std::string_view operand = part.substr(std::min(part.size(), part.find('@') + 1));
  if (operand.starts_with("%xmm") || operand.starts_with("%ymm") || operand.starts_with("%st"))
    return fmt::format("'{}' is in a register for floating-point numbers, which BPF programs cannot read", part);
  if (operand.ends_with("(%rip)"))
    return fmt::format("'{}' is a variable that the binary's symbol tables do not have", part);
  return fmt::format("'{}' is not understood", part);
}

}  // namespace

std::vector<UsdtArgument> parse_usdt_arguments(std::string_view text) {
  std::vector<UsdtArgument> arguments;
  for (std::string_view part : split(text, ' ')) {
    if (part.empty())
      continue;
    UsdtArgument argument;
    if (!set_argument(part, argument)) {
      argument = UsdtArgument();
      argument.problem = problem_with(part);
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace sonde::probes
