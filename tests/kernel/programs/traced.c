// A program whose behaviour is known, for probes to look at. Each mode does one thing a given number of
// times:
//
//   traced add N         calls traced_add(i, 2 * i) for i in 0..N-1
//   traced wide N        calls traced_wide with values of every width, negative ones too
//   traced name N        calls traced_name("ada") and traced_name("grace") in turn
//   traced cold N        calls traced_pair with two strings that no one has touched yet, the second of which goes on
//                        on another page
//   traced edge N        calls traced_show(i, text) with texts in front of memory that cannot be read: 0 "edge", 1 the same
//                        without a NUL, 2 an empty one, 3 and 4 none at all, 5 "edge" and 2,000 letters, 6 "edges", 7 "edge"
//                        on two pages
//   traced family N      calls traced_family_one, _two and _three N times each
//   traced reset         calls traced_add before and after it gave its children an ordinary scheduling (SCHED_RESET_ON_FORK)
//   traced open N PATH   opens and closes a file
//   traced read N        reads 1, 2, 4, … bytes of /dev/zero
//   traced sleep N       sleeps for a millisecond
//   traced map N         asks for a mapping with arguments that are all different, anonymous and harmless
//   traced compat N      makes system call 35 of 32-bit programs (x86)
//   traced usdt N        passes two places of the static probe traced:step, one of traced:total and, while someone
//                        watches it, one of traced:watched (x86)
//   traced count N       adds 1 to the number at address 0x10000000 N times in each of two threads
//   traced crowd N       calls traced_add(i, 2 * i) for i in 0..N-1 in each of four threads
//   traced twin N        calls traced_add(0, 10), and a process whose id is the same modulo N: traced_add(0, 20), (1, 0),
//                        (0, 21), (1, 0), (2, 0), (1, 0), (0, 30); then itself: (1, 0), (2, 0), (1, 0)
//   traced show N        calls traced_show with the addresses of two numbers and adds 1 to each afterwards, N times
//   traced wait N        calls traced_show with the address of a number once, then N times sleeps for a millisecond, calls
//                        traced_add(i, i) and adds 1 to the number
//   traced breed N       makes a process that calls traced_add(1, i) and sleeps for a millisecond, waits for it, then
//                        calls traced_add(2, i) and sleeps itself
//   traced shelter N     makes one process that does as `sleep N` and ends when this one does, which waits for a signal
//   traced exec N        becomes `sleep N` from a thread that is not its first
//   traced burn MS       keeps its CPU busy
//   traced pause         waits for a signal
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Without the empty assembly the compiler may fold calls of functions that compute nothing.
#define TRACED __attribute__((noinline, noclone, used, visibility("default")))
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))

// Nothing here reads it: kept for probes.
__attribute__((used, retain, visibility("default"))) volatile uint32_t traced_limit = 7;

TRACED int traced_add(int a, int b) {
  int sum = a + b;
  OPAQUE(sum);
  return sum;
}

TRACED int64_t traced_wide(uint8_t byte, int16_t negative, uint32_t word, int64_t wide, const void *pointer,
                           char letter) {
  int64_t sum = byte + negative + word + wide + (pointer != NULL) + letter;
  OPAQUE(sum);
  return -5;
}

TRACED size_t traced_name(const char *name) {
  size_t length = strlen(name);
  OPAQUE(length);
  return length;
}

TRACED size_t traced_pair(const char *first, const char *second) {
  size_t length = strlen(first) + strlen(second);
  OPAQUE(length);
  return length;
}

TRACED int traced_family_one(int n) {
  OPAQUE(n);
  return n;
}

TRACED int traced_family_two(int n) {
  OPAQUE(n);
  return n;
}

TRACED int traced_family_three(int n) {
  OPAQUE(n);
  return n;
}

TRACED void traced_show(int n, volatile uint64_t *number) {
  OPAQUE(n);
  OPAQUE(number);
}

// Through syscall(): the C library may choose another system call of the same purpose.
static void open_file(const char *path) {
  long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
  if (fd >= 0)
    close((int)fd);
}

static void read_powers(int times) {
  static char buffer[1 << 20];
  int fd = open("/dev/zero", O_RDONLY);
  for (int i = 0; i < times; i++)
    if (read(fd, buffer, (size_t)1 << i) < 0)
      exit(1);
  close(fd);
}

// The text is in the page cache, but not in this process's page tables.
static void pass_cold_strings(void) {
  static const char text[] = "never touched";
  const off_t where[] = {100, 2 * 4096 - 5};
  int fd = memfd_create("cold", 0);
  for (int i = 0; i < 2; i++)
    if (pwrite(fd, text, sizeof text, where[i]) != sizeof text)
      exit(1);
  char *map = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (map == MAP_FAILED || madvise(map, 3 * 4096, MADV_RANDOM) != 0)
    exit(1);
  traced_pair(map + where[0], map + where[1]);
  munmap(map, 3 * 4096);
}

// The compiler sees that traced_show() reads no text, and would not write it.
static void show_text(int i, char *text) {
  __asm__ volatile("" : : : "memory");
  traced_show(i, (volatile uint64_t *)text);
}

static void pass_texts_at_the_edge(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end = map + 2 * page;
  if (map == MAP_FAILED || mprotect(end, page, PROT_NONE) != 0)
    exit(1);
  show_text(0, strcpy(end - 5, "edge"));
  show_text(1, memcpy(end - 4, "edge", 4));
  end[-1] = 0;
  show_text(2, (end - 1));
  show_text(3, end);
  show_text(4, NULL);
  memset(map, 'x', 2 * page - 1);
  show_text(5, memcpy(end - 2005, "edge", 4));
  show_text(6, strcpy(end - 6, "edges"));
  show_text(7, strcpy(map + page - 2, "edge"));
  munmap(map, 3 * page);
}

static void sleep_briefly(void) {
  struct timespec time = {0, 1000000};
  syscall(SYS_nanosleep, &time, NULL);
}

static void map_nothing(void) { syscall(SYS_mmap, 0x1000, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 4096); }

static void call_as_32_bit(void) {
#if defined(__x86_64__)
  long result = 35;
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
#endif
}

#if defined(__x86_64__)
// The note of a static probe, as sys/sdt.h writes it.
#define NOTE(semaphore, name, arguments)                                                                               \
  "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f, 994f-993f, 3\n"                    \
  "991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b\n.8byte 0\n.8byte " semaphore "\n"                        \
  ".asciz \"traced\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n994: .balign 4\n.popsection\n"

volatile int traced_total;
__attribute__((used, retain)) volatile int traced_pairs[2] = {1, 22};
volatile unsigned short traced_watchers __attribute__((section(".probes"), used));

static void pass_static_probes(int i) {
  int64_t wide = -1234567890123;
  const char *text = "static";
  uint16_t stored[4] = {1, 2, 3, (uint16_t)(i + 1000)};
  OPAQUE(wide);
  __asm__ volatile(NOTE("0", "step", "-4@%0 -8@%1 8@%2 2@%3") : : "r"(i), "r"(wide), "r"(text), "m"(stored[3]));
  __asm__ volatile(NOTE("0", "step", "-4@%0 -8@%1 8@%2 2@%3") : : "n"(-7), "r"(wide), "r"(text), "m"(stored[0]));
  if (traced_watchers)
    __asm__ volatile(NOTE("traced_watchers", "watched", ""));
  traced_total += i;
  __asm__ volatile(NOTE("0", "total", "-4@traced_total(%rip) -4@4+traced_pairs(%rip) 8f@%xmm0"));
}
#else
static void pass_static_probes(int i) { (void)i; }
#endif

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void burn(uint64_t ms) {
  for (uint64_t end = now_ms() + ms; now_ms() < end;)
    for (int i = 0; i < 10000; i++)
      OPAQUE(i);
}

static void *count_in_thread(void *times) {
  volatile uint64_t *number = (volatile uint64_t *)0x10000000;
  for (int i = 0; i < *(int *)times; i++)
    ++*number;
  return NULL;
}

static void count_at_fixed_address(int times) {
  pthread_t thread;
  if (mmap((void *)0x10000000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
           0) == MAP_FAILED ||
      pthread_create(&thread, NULL, count_in_thread, &times) != 0)
    exit(1);
  pthread_join(thread, NULL);
  count_in_thread(&times);
}

static void show(int i) {
  static volatile uint64_t numbers[2];
  for (int which = 0; which < 2; which++) {
    traced_show(i, &numbers[which]);
    ++numbers[which];
  }
}

static void wait_and_count(int times) {
  static volatile uint64_t number;
  traced_show(0, &number);
  for (int i = 0; i < times; i++) {
    sleep_briefly();
    traced_add(i, i);
    ++number;
  }
}

static void breed(int i) {
  pid_t child = fork();
  traced_add(child == 0 ? 1 : 2, i);
  if (child == 0) {
    sleep_briefly();
    _exit(0);
  }
  waitpid(child, NULL, 0);
  sleep_briefly();
}

static void shelter_sleeper(int times) {
  if (fork() != 0) {
    pause();
    exit(0);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (int i = 0; i < times; i++)
    sleep_briefly();
  exit(0);
}

static void *become_sleeper(void *times) {
  execl("/proc/self/exe", "traced", "sleep", (const char *)times, (char *)NULL);
  exit(1);
}

static void *add_in_thread(void *times) {
  for (long i = 0; i < *(long *)times; i++)
    traced_add(i, 2 * i);
  return NULL;
}

static void crowd(long times) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    if (pthread_create(&threads[i], NULL, add_in_thread, &times) != 0)
      exit(1);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
}

static void add_as_twin(void) {
  static const long calls[][2] = {{0, 20}, {1, 0}, {0, 21}, {1, 0}, {2, 0}, {1, 0}, {0, 30}};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    traced_add(calls[i][0], calls[i][1]);
}

static void find_twin(long modulus) {
  long wanted = getpid() % modulus;
  traced_add(0, 10);
  for (int is_found = 0; !is_found;) {
    pid_t child = fork();
    if (child == 0) {
      if (getpid() % modulus == wanted)
        add_as_twin();
      _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) < 0)
      exit(1);
    is_found = child % modulus == wanted;
  }
  traced_add(1, 0);
  traced_add(2, 0);
  traced_add(1, 0);
}

static void exec_from_thread(char *times) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, become_sleeper, times) == 0)
    pause();
  exit(1);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int times = argc > 2 ? atoi(argv[2]) : 1;
  if (strcmp(mode, "pause") == 0) {
    puts("waiting");
    fflush(stdout);
    pause();
    return 0;
  }
  if (strcmp(mode, "burn") == 0) {
    burn((uint64_t)times);
    return 0;
  }
  if (strcmp(mode, "count") == 0) {
    count_at_fixed_address(times);
    return 0;
  }
  if (strcmp(mode, "twin") == 0) {
    find_twin(times);
    return 0;
  }
  if (strcmp(mode, "crowd") == 0) {
    crowd(times);
    return 0;
  }
  if (strcmp(mode, "reset") == 0) {
    struct sched_param none = {0};
    traced_add(1, 2);
    sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
    traced_add(1, 2);
    return 0;
  }
  if (strcmp(mode, "wait") == 0) {
    wait_and_count(times);
    return 0;
  }
  if (strcmp(mode, "shelter") == 0)
    shelter_sleeper(times);
  if (strcmp(mode, "exec") == 0 && argc > 2)
    exec_from_thread(argv[2]);
  if (strcmp(mode, "read") == 0) {
    read_powers(times);
    return 0;
  }
  for (int i = 0; i < times; i++) {
    if (strcmp(mode, "add") == 0)
      traced_add(i, 2 * i);
    else if (strcmp(mode, "wide") == 0)
      traced_wide(200, -2, 4000000000u, -1234567890123, &times, 'x');
    else if (strcmp(mode, "name") == 0)
      traced_name(i % 2 == 0 ? "ada" : "grace");
    else if (strcmp(mode, "cold") == 0)
      pass_cold_strings();
    else if (strcmp(mode, "family") == 0)
      traced_family_one(i), traced_family_two(i), traced_family_three(i);
    else if (strcmp(mode, "edge") == 0)
      pass_texts_at_the_edge();
    else if (strcmp(mode, "open") == 0 && argc > 3)
      open_file(argv[3]);
    else if (strcmp(mode, "usdt") == 0)
      pass_static_probes(i);
    else if (strcmp(mode, "map") == 0)
      map_nothing();
    else if (strcmp(mode, "compat") == 0)
      call_as_32_bit();
    else if (strcmp(mode, "show") == 0)
      show(i);
    else if (strcmp(mode, "breed") == 0)
      breed(i);
    else if (strcmp(mode, "sleep") == 0)
      sleep_briefly();
    else
      return 2;
  }
  return 0;
}
