// Measures instructions. x86-64's lengths follow from prefixes, opcode maps, ModRM and immediates (Intel
// SDM volume 2, appendix A); arm64's are four bytes.
#include "elf/instructions.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sonde::elf {
namespace {

#if defined(__x86_64__)

constexpr size_t kLongestInstruction = 15;

// Immediate operands by how their size is found.
enum class Immediate : uint8_t {
  None,
  Byte,
  Word,
  Operand,      // 2 bytes behind the prefix 66, else 4
  FullOperand,  // as Operand, but 8 bytes with REX.W
  Branch,       // always 4
  Enter,        // 3
  Address,      // 8, or 4 behind the prefix 67
  Test,         // Byte or Operand for the first two of the group that ModRM's middle selects
};

struct Opcode {
  bool is_known = true;
  bool has_modrm = false;
  Immediate immediate = Immediate::None;
};

struct Range {
  uint8_t first, last;
  Opcode opcode;
};

constexpr Opcode kInvalid{false, false, Immediate::None};
constexpr Opcode kPlain{true, false, Immediate::None};
constexpr Opcode kModrm{true, true, Immediate::None};
constexpr Opcode with_modrm(Immediate immediate) { return {true, true, immediate}; }
constexpr Opcode without_modrm(Immediate immediate) { return {true, false, immediate}; }

// One-byte opcodes from 40 on; those below repeat each eight.
constexpr Range kOneByte[] = {
    {0x50, 0x5f, kPlain},
    {0x63, 0x63, kModrm},
    {0x68, 0x68, without_modrm(Immediate::Operand)},
    {0x69, 0x69, with_modrm(Immediate::Operand)},
    {0x6a, 0x6a, without_modrm(Immediate::Byte)},
    {0x6b, 0x6b, with_modrm(Immediate::Byte)},
    {0x6c, 0x6f, kPlain},
    {0x70, 0x7f, without_modrm(Immediate::Byte)},
    {0x80, 0x80, with_modrm(Immediate::Byte)},
    {0x81, 0x81, with_modrm(Immediate::Operand)},
    {0x83, 0x83, with_modrm(Immediate::Byte)},
    {0x84, 0x8f, kModrm},
    {0x90, 0x99, kPlain},
    {0x9b, 0x9f, kPlain},
    {0xa0, 0xa3, without_modrm(Immediate::Address)},
    {0xa4, 0xa7, kPlain},
    {0xa8, 0xa8, without_modrm(Immediate::Byte)},
    {0xa9, 0xa9, without_modrm(Immediate::Operand)},
    {0xaa, 0xaf, kPlain},
    {0xb0, 0xb7, without_modrm(Immediate::Byte)},
    {0xb8, 0xbf, without_modrm(Immediate::FullOperand)},
    {0xc0, 0xc1, with_modrm(Immediate::Byte)},
    {0xc2, 0xc2, without_modrm(Immediate::Word)},
    {0xc3, 0xc3, kPlain},
    {0xc6, 0xc6, with_modrm(Immediate::Byte)},
    {0xc7, 0xc7, with_modrm(Immediate::Operand)},
    {0xc8, 0xc8, without_modrm(Immediate::Enter)},
    {0xc9, 0xc9, kPlain},
    {0xca, 0xca, without_modrm(Immediate::Word)},
    {0xcb, 0xcc, kPlain},
    {0xcd, 0xcd, without_modrm(Immediate::Byte)},
    {0xcf, 0xcf, kPlain},
    {0xd0, 0xd3, kModrm},
    {0xd7, 0xd7, kPlain},
    {0xd8, 0xdf, kModrm},
    {0xe0, 0xe7, without_modrm(Immediate::Byte)},
    {0xe8, 0xe9, without_modrm(Immediate::Branch)},
    {0xeb, 0xeb, without_modrm(Immediate::Byte)},
    {0xec, 0xef, kPlain},
    {0xf1, 0xf1, kPlain},
    {0xf4, 0xf5, kPlain},
    {0xf6, 0xf7, with_modrm(Immediate::Test)},
    {0xf8, 0xfd, kPlain},
    {0xfe, 0xff, kModrm},
};

// Opcodes behind 0F that are not simply followed by ModRM.
constexpr Range kTwoByte[] = {
    {0x04, 0x04, kInvalid},
    {0x05, 0x09, kPlain},
    {0x0a, 0x0a, kInvalid},
    {0x0b, 0x0b, kPlain},
    {0x0c, 0x0c, kInvalid},
    {0x0e, 0x0e, kPlain},
    {0x0f, 0x0f, with_modrm(Immediate::Byte)},
    {0x30, 0x37, kPlain},
    {0x39, 0x39, kInvalid},
    {0x3b, 0x3f, kInvalid},
    {0x70, 0x73, with_modrm(Immediate::Byte)},
    {0x77, 0x77, kPlain},
    {0x80, 0x8f, without_modrm(Immediate::Branch)},
    {0xa0, 0xa2, kPlain},
    {0xa4, 0xa4, with_modrm(Immediate::Byte)},
    {0xa8, 0xaa, kPlain},
    {0xac, 0xac, with_modrm(Immediate::Byte)},
    {0xba, 0xba, with_modrm(Immediate::Byte)},
    {0xc2, 0xc2, with_modrm(Immediate::Byte)},
    {0xc4, 0xc6, with_modrm(Immediate::Byte)},
    {0xc8, 0xcf, kPlain},
};

template <size_t N> Opcode look_up(const Range (&table)[N], uint8_t byte, Opcode otherwise) {
  for (const Range &range : table)
    if (byte >= range.first && byte <= range.last)
      return range.opcode;
  return otherwise;
}

// 00 to 3F: eight arithmetic operations in the same six forms.
Opcode arithmetic_opcode(uint8_t byte) {
  switch (byte & 7) {
  case 4: return without_modrm(Immediate::Byte);
  case 5: return without_modrm(Immediate::Operand);
  case 6:
  case 7: return kInvalid;
  default: return kModrm;
  }
}

// Reads one instruction from the front of some bytes.
class Decoder {
public:
  explicit Decoder(std::string_view code) : code_(code.substr(0, kLongestInstruction)) {}

  std::optional<size_t> length() {
    read_prefixes();
    Opcode opcode = read_opcode();
    uint8_t modrm = opcode.has_modrm ? read_modrm() : 0;
    at_ += immediate_size(opcode.immediate, modrm);
    if (!opcode.is_known || at_ > code_.size())
      return std::nullopt;
    return at_;
  }

private:
  uint8_t peek() const { return at_ < code_.size() ? static_cast<uint8_t>(code_[at_]) : 0; }
  uint8_t next() {
    uint8_t byte = peek();
    ++at_;
    return byte;
  }
  void read_prefixes();
  Opcode read_opcode();
  Opcode read_escaped();
  Opcode opcode_of_map(uint8_t map, uint8_t byte) const;
  uint8_t read_modrm();
  size_t immediate_size(Immediate immediate, uint8_t modrm) const;

  std::string_view code_;
  size_t at_ = 0;
  bool short_operand_ = false;
  bool short_address_ = false;
  bool wide_ = false;
  uint8_t opcode_ = 0;
};

void Decoder::read_prefixes() {
  constexpr std::string_view kLegacy = "\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3";
  while (at_ < code_.size() && kLegacy.find(code_[at_]) != std::string_view::npos) {
    short_operand_ |= peek() == 0x66;
    short_address_ |= peek() == 0x67;
    ++at_;
  }
  if ((peek() & 0xf0) == 0x40)
    wide_ = next() & 8;
}

// Maps 1 to 3 are what 0F, 0F 38 and 0F 3A lead to.
Opcode Decoder::opcode_of_map(uint8_t map, uint8_t byte) const {
  switch (map) {
  case 1: return look_up(kTwoByte, byte, kModrm);
  case 2: return kModrm;
  case 3: return with_modrm(Immediate::Byte);
  default: return kInvalid;
  }
}

Opcode Decoder::read_escaped() {
  uint8_t byte = next();
  if (byte == 0x38)
    return opcode_of_map(2, next());
  if (byte == 0x3a)
    return opcode_of_map(3, next());
  return opcode_of_map(1, byte);
}

Opcode Decoder::read_opcode() {
  opcode_ = next();
  switch (opcode_) {
  case 0x0f: return read_escaped();
  case 0xc5:  // VEX, two bytes
    ++at_;
    return opcode_of_map(1, next());
  case 0xc4: {  // VEX, three bytes
    uint8_t map = next() & 0x1f;
    ++at_;
    return opcode_of_map(map, next());
  }
  case 0x62: {  // EVEX; maps 5 and 6 hold half-precision arithmetic
    uint8_t map = next() & 7;
    at_ += 2;
    return map == 5 || map == 6 ? (next(), kModrm) : opcode_of_map(map, next());
  }
  case 0x8f:  // pop, or AMD's XOP, which no compiler emits any more
    return (peek() & 0x38) == 0 ? kModrm : kInvalid;
  default: return opcode_ < 0x40 ? arithmetic_opcode(opcode_) : look_up(kOneByte, opcode_, kInvalid);
  }
}

// ModRM with its SIB byte and displacement.
uint8_t Decoder::read_modrm() {
  uint8_t modrm = next();
  uint8_t mode = modrm >> 6, base = modrm & 7;
  if (mode == 3)
    return modrm;
  if (base == 4)
    base = next() & 7;
  if (mode == 1)
    at_ += 1;
  else if (mode == 2 || base == 5)
    at_ += 4;
  return modrm;
}

size_t Decoder::immediate_size(Immediate immediate, uint8_t modrm) const {
  size_t operand = short_operand_ && !wide_ ? 2 : 4;
  switch (immediate) {
  case Immediate::None: return 0;
  case Immediate::Byte: return 1;
  case Immediate::Word: return 2;
  case Immediate::Operand: return operand;
  case Immediate::FullOperand: return wide_ ? 8 : operand;
  case Immediate::Branch: return 4;
  case Immediate::Enter: return 3;
  case Immediate::Address: return short_address_ ? 4 : 8;
  case Immediate::Test: return (modrm >> 3 & 7) > 1 ? 0 : opcode_ == 0xf6 ? 1 : operand;
  }
  return 0;
}

#endif

}  // namespace

std::optional<size_t> instruction_length(std::string_view code) {
#if defined(__x86_64__)
  return Decoder(code).length();
#else
  return code.size() < 4 ? std::nullopt : std::optional<size_t>(4);
#endif
}

std::optional<bool> starts_instruction(std::string_view code, uint64_t offset) {
  uint64_t at = 0;
  while (at < offset && at < code.size()) {
    auto length = instruction_length(code.substr(at));
    if (!length)
      return std::nullopt;
    at += *length;
  }
  return at == offset;
}

Result<std::string> read_code(const std::string &path, uint64_t offset, uint64_t size) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return Error::from_errno("read the code of", path, errno);
  std::string code(size, '\0');
  ssize_t got = pread(fd, code.data(), size, static_cast<off_t>(offset));
  close(fd);
  if (got < 0 || static_cast<uint64_t>(got) != size)
    return Error{"read the code of", path, "the file is shorter than its symbols say", {}};
  return code;
}

}  // namespace sonde::elf
