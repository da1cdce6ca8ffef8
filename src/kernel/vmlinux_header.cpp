// libbpf writes C of BTF, each type behind those that it needs.
#include "kernel/vmlinux_header.h"

#include <bpf/btf.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <vector>

namespace sonde::kernel {
namespace {

void append(void *to, const char *format, va_list arguments) {
  auto &text = *static_cast<std::string *>(to);
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  size_t before = text.size();
  // vsnprintf closes with a NUL, which is then cut off.
  text.resize(before + static_cast<size_t>(length) + 1);
  vsnprintf(text.data() + before, static_cast<size_t>(length) + 1, format, arguments);
  text.pop_back();
}

}  // namespace

Result<std::string> vmlinux_header() {
  auto failed = [] { return Error::from_errno("read", "the kernel's types", errno); };
  std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
  if (!types)
    return failed();
  std::string text = "#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n"
                     "#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)\n";
  std::unique_ptr<btf_dump, decltype(&btf_dump__free)> dump(btf_dump__new(types.get(), append, &text, nullptr),
                                                            btf_dump__free);
  if (!dump)
    return failed();
  for (uint32_t id = 1; id < btf__type_cnt(types.get()); ++id)
    if (btf_dump__dump_type(dump.get(), id) != 0)
      return failed();
  return text + "#pragma clang attribute pop\n#endif\n";
}

}  // namespace sonde::kernel
