// The kernel's include order is that of its top Makefile (LINUXINCLUDE, USERINCLUDE).
#include "cdefs/clang_arguments.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"

namespace sonde::cdefs {
namespace {

bool exists(const std::string &path) { return access(path.c_str(), R_OK) == 0; }

utsname running_kernel() {
  utsname names{};
  uname(&names);
  return names;
}

// The folder of arch/ for this machine.
std::string kernel_arch() {
  std::string machine = running_kernel().machine;
  if (machine == "x86_64" || machine == "i686")
    return "x86";
  if (machine == "aarch64")
    return "arm64";
  for (const char *family : {"arm", "ppc", "riscv", "mips", "loongarch", "s390"})
    if (machine.starts_with(family))
      return std::string(family) == "ppc" ? "powerpc" : family;
  return machine;
}

// Folder of Clang's own headers (stddef.h and the like), which belongs to a package of its own.
std::optional<std::string> resource_folder(const Libclang &clang) {
  std::string version = clang.take(clang.getClangVersion());
  size_t at = std::min(version.find("version "), version.size() - 1);
  while (at < version.size() && !std::isdigit(static_cast<unsigned char>(version[at])))
    ++at;
  std::string full = version.substr(at, version.find_first_not_of("0123456789.", at) - at);
  std::string major = full.substr(0, full.find('.'));
  for (const std::string &number : {major, full})
    for (const std::string &root : {fmt::format("/usr/lib/llvm-{}/lib", major), std::string("/usr/lib"),
                                    fmt::format("/usr/lib64/llvm{}/lib", major), std::string("/usr/lib64")})
      if (std::string folder = fmt::format("{}/clang/{}", root, number); exists(folder + "/include/stddef.h"))
        return folder;
  return std::nullopt;
}

void add_kernel_folders(const KernelHeaders &kernel, std::vector<std::string> &arguments) {
  std::string arch = "/arch/" + kernel_arch();
  for (const std::string &folder :
       {kernel.source + arch + "/include", kernel.build + arch + "/include/generated", kernel.source + "/include",
        kernel.build + "/include", kernel.source + arch + "/include/uapi",
        kernel.build + arch + "/include/generated/uapi", kernel.source + "/include/uapi",
        kernel.build + "/include/generated/uapi"})
    arguments.insert(arguments.end(), {"-isystem", folder});
  for (const char *header : {"compiler-version.h", "kconfig.h", "compiler_types.h"})
    if (std::string path = kernel.source + "/include/linux/" + header; exists(path))
      arguments.insert(arguments.end(), {"-include", path});
}

void add_kernel_arguments(const KernelHeaders &kernel, std::vector<std::string> &arguments) {
  arguments.insert(arguments.end(), {"-nostdlibinc", "-D__KERNEL__", "-DKBUILD_MODNAME=\"sonde\"", "-DCC_USING_FENTRY",
                                     "-fshort-wchar"});
  add_kernel_folders(kernel, arguments);
  // What the kernel has no header for still comes from the system.
  for (const std::string &folder :
       {std::string(kKernelForUserFolder), fmt::format("/usr/include/{}-linux-gnu", running_kernel().machine),
        std::string("/usr/include")})
    arguments.insert(arguments.end(), {"-idirafter", folder});
}

}  // namespace

bool KernelHeaders::has(std::string_view name) const {
  std::string tail = "/include/" + std::string(name), arch = "/arch/" + kernel_arch();
  return exists(source + tail) || exists(build + tail) || exists(source + arch + tail) ||
         exists(build + arch + "/include/generated/" + std::string(name));
}

std::optional<KernelHeaders> find_kernel_headers(const Options &options) {
  std::string modules = std::string("/lib/modules/") + running_kernel().release;
  KernelHeaders headers;
  headers.build = options.kernel_build.value_or(options.kernel_source.value_or(modules + "/build"));
  headers.source = options.kernel_source.value_or(modules + "/source");
  if (!options.kernel_source && !exists(headers.source))
    headers.source = headers.build;
  return exists(headers.source + "/include/linux/kconfig.h") ? std::optional(headers) : std::nullopt;
}

const ArchNames &names_for_c(Arch arch) {
  static constexpr std::array<ArchNames, kArchNames.size()> kByArch = {
      {{"x86_64-linux-gnu", "x86"}, {"aarch64-linux-gnu", "arm64"}}};
  return kByArch[static_cast<size_t>(arch)];
}

bool is_kernel_header_name(std::string_view name) {
  static constexpr std::array kFolders = {
      "acpi",  "asm",      "asm-generic", "block",       "crypto", "drm",    "fs",       "kernel", "kvm",
      "linux", "media",    "memory",      "mm",          "net",    "pcmcia", "ras",      "rdma",   "scsi",
      "soc",   "sound",    "target",      "trace",       "uapi",   "vdso",   "video",    "xen",    "generated",
      "keys",  "math-emu", "misc",        "clocksource", "cxl",    "hyperv", "security",
  };
  size_t slash = name.find('/');
  return slash != std::string_view::npos &&
         std::find(kFolders.begin(), kFolders.end(), name.substr(0, slash)) != kFolders.end();
}

std::vector<std::string> clang_arguments(const Libclang &clang, const Options &options, const KernelHeaders *kernel) {
  std::vector<std::string> arguments = {"-x", "c", "-std=gnu11", "-w", "-ferror-limit=0", "-D__BPF_TRACING__"};
  if (options.arch != native_arch())
    arguments.push_back(std::string("--target=") + names_for_c(options.arch).triple);
  if (options.kernel_has_btf)
    arguments.push_back("-DBPFTRACE_HAVE_BTF");
  if (auto folder = resource_folder(clang))
    arguments.insert(arguments.end(), {"-resource-dir", *folder});
  for (const std::string &folder : options.include_folders)
    arguments.insert(arguments.end(), {"-I", folder});
  arguments.insert(arguments.end(), {"-iquote", "."});
  if (kernel)
    add_kernel_arguments(*kernel, arguments);
  arguments.insert(arguments.end(), {"-idirafter", kStandInFolder, "-idirafter", kFromBtfFolder});
  arguments.insert(arguments.end(), {"-include", kKernelNamesFile});
  for (const std::string &file : options.include_files)
    arguments.insert(arguments.end(), {"-include", file});
  return arguments;
}

}  // namespace sonde::cdefs
