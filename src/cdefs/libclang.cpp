// Opens Clang's C library by the names that distributions give it.
#include "cdefs/libclang.h"

#include <dlfcn.h>

#include <array>

namespace sonde::cdefs {
namespace {

// Debian's name first, then Fedora's and Arch's, then other versions: the interface is stable.
constexpr std::array kNames = {
    "libclang-19.so.19", "libclang.so.19.1",  "libclang.so.19",    "/usr/lib/llvm-19/lib/libclang.so.1",
    "libclang-20.so.20", "libclang.so.20.1",  "libclang-21.so.21", "libclang.so.21.1",
    "libclang-18.so.18", "libclang.so.18.1",  "libclang-17.so.17", "libclang-16.so.16",
    "libclang-15.so.15", "libclang-14.so.13", "libclang.so",
};

void *open_library() {
  for (const char *name : kNames)
    if (void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL))
      return library;
  return nullptr;
}

template <typename Function> bool bind(void *library, const char *name, Function &function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

Result<Libclang> load() {
  constexpr const char *kHint = "install libclang1-19 (Debian, Ubuntu), clang-libs (Fedora) or clang (Arch); "
                                "scripts without C definitions run without it";
  void *library = open_library();
  if (!library)
    return Error{"open", "libclang, which reads C definitions", "the library is not installed", kHint};
  Libclang clang;
  const char *missing = nullptr;
#define SONDE_LIBCLANG_BIND(name)                                                                                      \
  if (!bind(library, "clang_" #name, clang.name))                                                                      \
    missing = "clang_" #name;
  SONDE_LIBCLANG_FUNCTIONS(SONDE_LIBCLANG_BIND)
#undef SONDE_LIBCLANG_BIND
  if (missing)
    return Error{"use", "libclang", std::string("its version is too old: it has no ") + missing, kHint};
  return clang;
}

}  // namespace

std::string Libclang::take(CXString string) const {
  const char *text = getCString(string);
  std::string copy = text ? text : "";
  disposeString(string);
  return copy;
}

const Result<Libclang> &load_libclang() {
  static const Result<Libclang> loaded = load();
  return loaded;
}

}  // namespace sonde::cdefs
