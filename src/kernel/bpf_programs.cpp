// Asks the kernel for each loaded program, and its BTF for the name in full: the kernel's own has 15 letters.
#include "kernel/bpf_programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace sonde::kernel {
namespace {

std::string name_in_btf(uint32_t btf_id, uint32_t function_type) {
  std::unique_ptr<btf, void (*)(btf *)> types(btf__load_from_kernel_by_id(btf_id), btf__free);
  const btf_type *function = types ? btf__type_by_id(types.get(), function_type) : nullptr;
  const char *name = function ? btf__name_by_offset(types.get(), function->name_off) : nullptr;
  return name ? name : "";
}

// Of the program's main function; empty when it has no BTF.
std::string full_name(int fd, const bpf_prog_info &about) {
  if (about.btf_id == 0 || about.nr_func_info == 0 || about.func_info_rec_size == 0)
    return {};
  std::vector<char> records(size_t{about.func_info_rec_size} * about.nr_func_info);
  bpf_prog_info wanted{};
  wanted.func_info = reinterpret_cast<uint64_t>(records.data());
  wanted.func_info_rec_size = about.func_info_rec_size;
  wanted.nr_func_info = about.nr_func_info;
  uint32_t size = sizeof wanted;
  if (bpf_obj_get_info_by_fd(fd, &wanted, &size) != 0)
    return {};
  return name_in_btf(about.btf_id, reinterpret_cast<const bpf_func_info *>(records.data())->type_id);
}

}  // namespace

Result<std::vector<BpfProgramName>> list_bpf_programs() {
  std::vector<BpfProgramName> programs;
  uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0)
      continue;
    bpf_prog_info about{};
    uint32_t size = sizeof about;
    if (bpf_obj_get_info_by_fd(fd, &about, &size) == 0) {
      std::string name = full_name(fd, about);
      programs.push_back({id, name.empty() ? about.name : std::move(name)});
    }
    close(fd);
  }
  if (errno != ENOENT)
    return Error::from_errno("list", "loaded BPF programs", errno, errno == EPERM ? "run as root" : "");
  return programs;
}

}  // namespace sonde::kernel
