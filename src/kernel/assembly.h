// BPF instructions written by hand, for programs of a few of them.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

namespace sonde::kernel {

class Assembly {
public:
  enum Size : uint8_t { Byte = BPF_B, Word = BPF_W, Double = BPF_DW };

  void set(uint8_t to, int32_t value) { add(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value); }
  void set_wide(uint8_t to, uint64_t value, uint8_t kind = 0) {
    add(BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, static_cast<int32_t>(value));
    add(0, 0, 0, 0, static_cast<int32_t>(value >> 32));
  }
  void set_map(uint8_t to, int map_fd) { set_wide(to, static_cast<uint32_t>(map_fd), BPF_PSEUDO_MAP_FD); }
  void copy(uint8_t to, uint8_t from) { add(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void plus(uint8_t to, int32_t value) { add(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value); }
  void shift_right(uint8_t to, int32_t bits) { add(BPF_ALU64 | BPF_RSH | BPF_K, to, 0, 0, bits); }
  void load(Size size, uint8_t to, uint8_t address, int16_t offset) {
    add(BPF_LDX | BPF_MEM | size, to, address, offset, 0);
  }
  void store(Size size, uint8_t address, int16_t offset, uint8_t from) {
    add(BPF_STX | BPF_MEM | size, address, from, offset, 0);
  }
  void store_number(Size size, uint8_t address, int16_t offset, int32_t value) {
    add(BPF_ST | BPF_MEM | size, address, 0, offset, value);
  }
  void add_atomically(uint8_t address, int16_t offset, uint8_t from) {
    add(BPF_STX | BPF_ATOMIC | BPF_DW, address, from, offset, BPF_ADD);
  }
  void call(int32_t helper) { add(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
  void call_kernel_function(int32_t btf_id) { add(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, btf_id); }
  void leave() { add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

  // A jump forward: its number goes to land() where it is to lead.
  size_t jump_if_zero(uint8_t value) { return jump(BPF_JMP | BPF_JEQ | BPF_K, value, 0); }
  size_t jump_unless_zero(uint8_t value) { return jump(BPF_JMP | BPF_JNE | BPF_K, value, 0); }
  size_t jump_unless_equal(uint8_t left, uint8_t right) { return jump(BPF_JMP | BPF_JNE | BPF_X, left, right); }
  void land(size_t jump) { code_[jump].off = static_cast<int16_t>(code_.size() - jump - 1); }

  std::span<const bpf_insn> code() const { return code_; }

private:
  void add(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int32_t number) {
    bpf_insn instruction{};
    instruction.code = code;
    instruction.dst_reg = to & 15;
    instruction.src_reg = from & 15;
    instruction.off = offset;
    instruction.imm = number;
    code_.push_back(instruction);
  }
  size_t jump(uint8_t code, uint8_t left, uint8_t right) {
    add(code, left, right, 0, 0);
    return code_.size() - 1;
  }

  std::vector<bpf_insn> code_;
};

}  // namespace sonde::kernel
