// call 0x40000000 + N  →  call kernel N
#include "codegen/kernel_call.h"

#include <elf.h>
#include <linux/bpf.h>

#include <cstring>

namespace sonde::codegen {
namespace {

void put_right(uint8_t *code, uint64_t size) {
  for (uint64_t at = 0; at + sizeof(bpf_insn) <= size; at += sizeof(bpf_insn)) {
    bpf_insn instruction{};
    std::memcpy(&instruction, code + at, sizeof instruction);
    if (instruction.code == (BPF_LD | BPF_DW | BPF_IMM)) {
      at += sizeof instruction;  // its second half
      continue;
    }
    bool is_marked = instruction.code == (BPF_JMP | BPF_CALL) && instruction.src_reg == 0 &&
                     instruction.imm >= static_cast<int32_t>(kKernelCalls);
    if (!is_marked)
      continue;
    instruction.src_reg = BPF_PSEUDO_KFUNC_CALL;
    instruction.imm -= static_cast<int32_t>(kKernelCalls);
    std::memcpy(code + at, &instruction, sizeof instruction);
  }
}

}  // namespace

void put_kernel_calls_right(std::vector<uint8_t> &object) {
  Elf64_Ehdr header{};
  std::memcpy(&header, object.data(), sizeof header);
  for (unsigned i = 0; i < header.e_shnum; i++) {
    Elf64_Shdr section{};
    std::memcpy(&section, object.data() + header.e_shoff + uint64_t{i} * header.e_shentsize, sizeof section);
    if (section.sh_type == SHT_PROGBITS && (section.sh_flags & SHF_EXECINSTR))
      put_right(object.data() + section.sh_offset, section.sh_size);
  }
}

}  // namespace sonde::codegen
