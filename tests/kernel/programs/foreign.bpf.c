// A program by somebody else, for libbpf: what eunomia's compiler packs. Its places are functions of the test's program.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct pt_regs;

enum colour { RED = 1, GREEN = 2 };

struct event {
  int number;
  unsigned char flags : 3;
  unsigned char rest : 5;
  _Bool is_odd;
  short pair[2];
  enum colour colour;
  char comm[16];
  unsigned long long big;
};

// Keeps the type in the object's BTF.
struct event *event_pointer = 0;

#ifdef USE_PERF_BUFFER
struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} events SEC(".maps");
#else
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
} events SEC(".maps");
#endif

static int calls = 0;

SEC("uprobe/" TRACED_PROGRAM ":traced_add")
int on_add(struct pt_regs *context) {
  struct event event = {};
  event.number = -calls++;
  event.flags = 5;
  event.rest = 9;
  event.is_odd = event.number & 1;
  event.pair[0] = -7;
  event.pair[1] = 7;
  event.colour = GREEN;
  event.big = ~0ULL;
  bpf_get_current_comm(event.comm, sizeof event.comm);
#ifdef USE_PERF_BUFFER
  bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, &event, sizeof event);
#else
  bpf_ringbuf_output(&events, &event, sizeof event, 0);
#endif
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
