// For scripts: a checksum of the first bytes in the memory of the running process.

// bpf_probe_read_user of bpf/bpf_helpers.h, which this does without.
static long (*const read_user)(void *to, unsigned int size, const void *from) = (void *)112;

enum { kMost = 64 };

// FNV-1a: offset basis and prime as its authors give them.
unsigned long long checksum(const void *from, unsigned long size) {
  unsigned char bytes[kMost] = {};
  unsigned long long sum = 0xcbf29ce484222325;
  read_user(bytes, size < kMost ? size : kMost, from);
  for (int i = 0; i < kMost; i++)
    sum = (sum ^ bytes[i]) * 0x100000001b3;
  return sum;
}
