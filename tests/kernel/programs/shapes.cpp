// A C++ program for what probes find out from symbols and debug information: overloads, methods, structs as
// arguments, lines, inlined code, and code that is made at run time. Each mode runs once:
//
//   shapes call     calls everything below once
//   shapes jit      calls shapes_target through code that it makes, and says so in /tmp/perf-PID.map (x86)
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#define TRACED __attribute__((noinline, used))
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))

struct Pixel {
  int x, y;
};

struct Shape {
  const char *name;
  Pixel corner;
  unsigned sides : 5;
  unsigned filled : 1;
  Shape *next;
};

struct Large {
  long words[4];
};

namespace shapes {

TRACED int area(int width, int height) {
  int result = width * height;
  OPAQUE(result);
  return result;
}

TRACED int area(const Shape *shape) {
  int result = static_cast<int>(shape->sides);
  OPAQUE(result);
  return result;
}

TRACED int place(Pixel pixel, double scale, Large large, char letter) {
  int result = pixel.x + pixel.y + static_cast<int>(scale) + static_cast<int>(large.words[3]) + letter;
  OPAQUE(result);
  return result;
}

TRACED int many(int a, int b, int c, int d, int e, int f, long seventh, short eighth) {
  int result = a + b + c + d + e + f + static_cast<int>(seventh) + eighth;
  OPAQUE(result);
  return result;
}

class Canvas {
public:
  TRACED int draw(const Shape &shape) {
    drawn_ += static_cast<int>(shape.sides);
    OPAQUE(drawn_);
    return drawn_;
  }

private:
  int drawn_ = 100;
};

}  // namespace shapes

extern "C" TRACED int shapes_target(int value) {
  OPAQUE(value);
  return value;
}

inline __attribute__((always_inline)) int shapes_inlined(int value) {
  OPAQUE(value);
  return shapes_target(value + 1);  // LINE: in the inlined function
}

extern "C" TRACED int shapes_outer(int value) {
  int result = shapes_inlined(value) * 2;  // LINE: the call that was inlined
  OPAQUE(result);
  return result;  // LINE: behind it
}

// Its frame is what the walk up from shapes_target meets first.
extern "C" TRACED int shapes_middle() {
  int result = shapes_target(7);
  OPAQUE(result);
  return result;
}

static void call_all() {
  Shape last = {"square", {5, 6}, 4, 0, nullptr}, shape = {"triangle", {3, 4}, 3, 1, &last};
  shapes::Canvas canvas;
  shapes::area(6, 7);
  shapes::area(&shape);
  shapes::place({11, -12}, 2.5, {{1, 2, 3, 44}}, 'z');
  shapes::many(1, 2, 3, 4, 5, 6, 7777777777, -8);
  canvas.draw(shape);
  shapes_outer(20);
}

#if defined(__x86_64__)
// The note of a static probe (sys/sdt.h's form) with a counter at an address where the program has nothing.
TRACED static void never_turned_on() {
  __asm__ volatile("990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 8, 992f-991f, 3\n"
                   ".asciz \"stapsdt\"\n991: .8byte 990b, 0, 16\n.asciz \"shapes\"\n.asciz \"unreachable\"\n"
                   ".asciz \"\"\n992: .balign 4\n.popsection");
}

static int call_through_made_code() {
  const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};  // push, mov, call *%rdi, pop, ret
  void *memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::memcpy(memory, code, sizeof code);
  if (mprotect(memory, 4096, PROT_READ | PROT_EXEC) != 0)
    return 1;
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
  FILE *map = fopen(path, "w");
  if (!map)
    return 1;
  fprintf(map, "%lx %zx made::at run time\n", reinterpret_cast<unsigned long>(memory), sizeof code);
  fclose(map);
  int (*made)(int (*)());
  std::memcpy(&made, &memory, sizeof made);
  int result = made(shapes_middle);
  usleep(300000);  // while the tracer reads the map
  unlink(path);
  return result == 7 ? 0 : 1;
}
#else
static int call_through_made_code() { return 2; }
#endif

int main(int argc, char **argv) {
  if (argc > 1 && std::strcmp(argv[1], "jit") == 0)
    return call_through_made_code();
  call_all();
  return 0;
}
