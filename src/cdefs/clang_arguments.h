// Where Clang looks for headers and what it is told: the kernel's, the system's, the script's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cdefs/libclang.h"
#include "cdefs/parse_c.h"

namespace sonde::cdefs {

// What compilers and headers call an architecture.
struct ArchNames {
  const char *triple;       // Clang's --target, and Debian's folder below /usr/include
  const char *target_arch;  // __TARGET_ARCH_… of libbpf's bpf_tracing.h
};
const ArchNames &names_for_c(Arch arch);

// Folders that exist only in memory.
inline constexpr const char *kStandInFolder = "/sonde-virtual/stand-in";               // stand_in_headers.h
inline constexpr const char *kKernelForUserFolder = "/sonde-virtual/kernel-for-user";  // in kernel code only
inline constexpr const char *kFromBtfFolder = "/sonde-virtual/from-btf";               // empty files for kernel headers
inline constexpr const char *kKernelNamesFile = "/sonde-virtual/kernel_names.h";       // kernel_names.h's text

// The kernel's own headers, as a package or a tree brings them.
struct KernelHeaders {
  std::string source;  // holds include/linux/kconfig.h
  std::string build;   // holds include/generated; often the same folder

  // Whether the kernel itself, rather than its interface for programs, has <name>.
  bool has(std::string_view name) const;
};

std::optional<KernelHeaders> find_kernel_headers(const Options &options);

// Whether <name> is in a folder of the kernel's include/: "linux/sched.h", "net/sock.h".
bool is_kernel_header_name(std::string_view name);

// With `kernel`, code is read as the kernel's own; without, as a program's.
std::vector<std::string> clang_arguments(const Libclang &clang, const Options &options, const KernelHeaders *kernel);

}  // namespace sonde::cdefs
