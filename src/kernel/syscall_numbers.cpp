// The architecture's table, as the headers of the building machine have it, and what they do not know yet.
#include "kernel/syscall_numbers.h"

#include <array>
#include <string>
#include <unordered_map>

#include "kernel/syscall_table.h"

namespace sonde::kernel {
namespace {

// Tracepoints are named after the kernel's functions.
struct OtherName {
  std::string_view of_function, of_header;
};
constexpr OtherName kOtherNames[] = {
    {"newfstat", "fstat"}, {"newlstat", "lstat"},      {"newstat", "stat"},
    {"newuname", "uname"}, {"sendfile64", "sendfile"}, {"umount", "umount2"},
};

// Linux 6.5 to 6.18. Since 5.1 a new call has the same number on every architecture.
constexpr SyscallRow kYoung[] = {
    {"cachestat", 451},         {"fchmodat2", 452},         {"map_shadow_stack", 453}, {"futex_wake", 454},
    {"futex_wait", 455},        {"futex_requeue", 456},     {"statmount", 457},        {"listmount", 458},
    {"lsm_get_self_attr", 459}, {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},        {"listxattrat", 465},      {"removexattrat", 466},
    {"open_tree_attr", 467},    {"file_getattr", 468},      {"file_setattr", 469},
};
constexpr SyscallRow kYoungX86[] = {{"uretprobe", 335}, {"uprobe", 336}};

using Table = std::unordered_map<std::string_view, uint32_t>;

Table make_table(Arch arch) {
  Table table;
  for (const SyscallRow &row : syscall_rows(arch))
    table.emplace(row.name, row.number);
  for (const SyscallRow &row : kYoung)
    table.emplace(row.name, row.number);
  if (arch == Arch::X86_64)
    for (const SyscallRow &row : kYoungX86)
      table.emplace(row.name, row.number);
  for (const OtherName &name : kOtherNames)
    if (auto known = table.find(name.of_header); known != table.end())
      table.emplace(name.of_function, known->second);
  return table;
}

}  // namespace

std::optional<uint32_t> syscall_number(std::string_view name, Arch arch) {
  static std::array<Table, kArchNames.size()> tables;
  Table &table = tables[static_cast<size_t>(arch)];
  if (table.empty())
    table = make_table(arch);
  auto found = table.find(name);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sonde::kernel
