// Keeps its CPU busy in four stacks of known shares, for profilers to compare:
//
//   flames MS        main → morning → dig 40 %, main → morning → rest 10 %, main → evening → dig 20 %,
//                    main → evening → read_on 30 %, until it has used so many milliseconds of its CPU
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define TRACED __attribute__((noinline, noclone, used))

static uint64_t cpu_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

// Each has a loop of its own: where they are called from must show.
#define WORK(name)                                                                                                     \
  TRACED void name(int rounds) {                                                                                       \
    for (int i = 0; i < rounds; i++)                                                                                   \
      __asm__ volatile("" : "+r"(i));                                                                                  \
  }
WORK(dig)
WORK(rest)
WORK(read_on)

enum { ROUNDS = 1000000 };

TRACED void morning(void) {
  dig(4 * ROUNDS);
  rest(1 * ROUNDS);
  __asm__ volatile("");  // not a jump: the frame must be there while it runs
}

TRACED void evening(void) {
  dig(2 * ROUNDS);
  read_on(3 * ROUNDS);
  __asm__ volatile("");
}

int main(int argc, char **argv) {
  uint64_t end = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
  while (cpu_ms() < end) {
    morning();
    evening();
  }
  return 0;
}
