// Whether this kernel lets this process load a BPF program: exit status 0, else the reason on stdout.
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
  // r0 = 0; exit
  struct bpf_insn instructions[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K},
      {.code = BPF_JMP | BPF_EXIT},
  };
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = (uintptr_t)instructions;
  attributes.insn_cnt = 2;
  attributes.license = (uintptr_t) "GPL";
  if (syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes) >= 0)
    return 0;
  printf("loading a program: %s\n", strerror(errno));
  return 1;
}
