// What executables leave out of the libraries that they are linked from. Defined here, these functions keep the
// archives' members of the same names, and all that those call, out of the link: a third of the whole.
#include <libintl.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "kernel/syscall_table.h"

// An executable runs on the architecture that it is made for.
std::span<const sonde::kernel::SyscallRow> sonde::kernel::generic_syscall_rows() { return {}; }

constexpr int kStreamError = -2;  // zlib.h declares what is defined here otherwise

extern "C" {

// elfutils knows some twenty architectures; a binary that can be probed is of this machine's.
#define LEAVE_OUT_BACKEND(name)                                                                                        \
  void *name##_init(void *, unsigned short, void *) { return nullptr; }
LEAVE_OUT_BACKEND(alpha)
LEAVE_OUT_BACKEND(csky)
LEAVE_OUT_BACKEND(ia64)
LEAVE_OUT_BACKEND(m68k)
LEAVE_OUT_BACKEND(ppc)
LEAVE_OUT_BACKEND(ppc64)
LEAVE_OUT_BACKEND(riscv)
LEAVE_OUT_BACKEND(s390)
LEAVE_OUT_BACKEND(sh)
LEAVE_OUT_BACKEND(sparc)
#if defined(__x86_64__)
LEAVE_OUT_BACKEND(aarch64)
LEAVE_OUT_BACKEND(arm)
#else
LEAVE_OUT_BACKEND(i386)
LEAVE_OUT_BACKEND(x86_64)
#endif
#undef LEAVE_OUT_BACKEND

// Nor is anything disassembled.
void i386_disasm() {}
void x86_64_disasm() {}
void bpf_disasm() {}

// Debug information from a server comes through a library that a static program cannot open.
void *dwfl_get_debuginfod_client(void *) { return nullptr; }
int __libdwfl_debuginfod_find_executable(void *, const unsigned char *, size_t, char **) { return -1; }
int __libdwfl_debuginfod_find_debuginfo(void *, const unsigned char *, size_t, char **) { return -1; }
void __libdwfl_debuginfod_end(void *) {}

// Stacks are the kernel's: libdwfl unwinds none.
bool __libdwfl_frame_reg_get(void *, unsigned, void *) { return false; }
bool __libdwfl_frame_reg_set(void *, unsigned, uint64_t) { return false; }
void __libdwfl_frame_unwind(void *) {}

// Names of D are not told from C's (elf/demangle.cpp).
char *dlang_demangle(const char *, int) { return nullptr; }

// Sections, members and files are unpacked, never packed.
int deflateInit_(void *, int, const char *, int) { return kStreamError; }
int deflate(void *, int) { return kStreamError; }
int deflateEnd(void *) { return kStreamError; }
int gzclose_w(void *) { return kStreamError; }

// Binaries that are packed whole, by bzip2, are nothing that can be probed.
int __libdw_bunzip2(int, long, void *, size_t, void **, size_t *, bool) { return 1; }

// libbpf loads programs itself rather than to write a program that would.
#define LEAVE_OUT_GENERATOR(name)                                                                                      \
  void bpf_gen__##name() {}
LEAVE_OUT_GENERATOR(init)
LEAVE_OUT_GENERATOR(finish)
LEAVE_OUT_GENERATOR(free)
LEAVE_OUT_GENERATOR(load_btf)
LEAVE_OUT_GENERATOR(map_create)
LEAVE_OUT_GENERATOR(map_freeze)
LEAVE_OUT_GENERATOR(map_update_elem)
LEAVE_OUT_GENERATOR(populate_outer_map)
LEAVE_OUT_GENERATOR(prog_load)
LEAVE_OUT_GENERATOR(record_attach_target)
LEAVE_OUT_GENERATOR(record_extern)
LEAVE_OUT_GENERATOR(record_relo_core)
#undef LEAVE_OUT_GENERATOR

// Of the C library's printf and scanf: what reads or prints floating numbers. fmt prints those that there are.
#define LEAVE_OUT_NUMBER(type, name)                                                                                   \
  type __##name##_internal(const char *, char **, int) { return 0; }
LEAVE_OUT_NUMBER(float, strtof)
LEAVE_OUT_NUMBER(double, strtod)
LEAVE_OUT_NUMBER(long double, strtold)
#if defined(__x86_64__)
LEAVE_OUT_NUMBER(__float128, strtof128)
#endif
#undef LEAVE_OUT_NUMBER
int __printf_fp(FILE *, const void *, const void *const *) { return -1; }
int __printf_fphex(FILE *, const void *, const void *const *) { return -1; }

// Nor are there messages in other languages,
char *gettext(const char *text) noexcept { return const_cast<char *>(text); }
char *dgettext(const char *, const char *text) noexcept { return const_cast<char *>(text); }
char *dcgettext(const char *, const char *text, int) noexcept { return const_cast<char *>(text); }
char *__dcgettext(const char *, const char *text, int) { return const_cast<char *>(text); }
char *bindtextdomain(const char *, const char *) noexcept { return nullptr; }

// or standard error as a stream of wide characters.
int __vfxprintf(FILE *stream, const char *format, va_list arguments, unsigned) {
  return vfprintf(stream ? stream : stderr, format, arguments);
}
#define LEAVE_OUT_WIDE_STDERR(name)                                                                                    \
  int name(FILE *stream, const char *format, ...) {                                                                    \
    va_list arguments;                                                                                                 \
    va_start(arguments, format);                                                                                       \
    int printed = __vfxprintf(stream, format, arguments, 0);                                                           \
    va_end(arguments);                                                                                                 \
    return printed;                                                                                                    \
  }
LEAVE_OUT_WIDE_STDERR(__fxprintf)
LEAVE_OUT_WIDE_STDERR(__fxprintf_nocancel)
#undef LEAVE_OUT_WIDE_STDERR

// glob(3) looks for home directories only with GLOB_TILDE, and brings all ways to find a user with it, a resolver of
// internet names among them.
int __getlogin_r(char *, size_t) { return ENOENT; }
int __getpwnam_r(const char *, void *, char *, size_t, void **found) {
  *found = nullptr;
  return ENOENT;
}

}  // extern "C"

// An exception that nobody caught is told without its type's name in C++, which takes a demangler.
namespace __gnu_cxx {
void __verbose_terminate_handler();
void __verbose_terminate_handler() {
  std::fputs("terminated by an exception that nothing caught\n", stderr);
  std::abort();
}
}  // namespace __gnu_cxx
