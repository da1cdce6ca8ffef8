// The architecture's table, as the headers of the building machine have it, and what they do not know yet.
#include "kernel/syscall_numbers.h"

#include <asm/unistd.h>

#include <string>
#include <unordered_map>

namespace sonde::kernel {
namespace {

struct Row {
  std::string_view name;
  uint32_t number;
};

constexpr Row kOfHeaders[] = {
#include "syscall_rows.inc"
};

// Tracepoints are named after the kernel's functions.
struct OtherName {
  std::string_view of_function, of_header;
};
constexpr OtherName kOtherNames[] = {
    {"newfstat", "fstat"}, {"newlstat", "lstat"},      {"newstat", "stat"},
    {"newuname", "uname"}, {"sendfile64", "sendfile"}, {"umount", "umount2"},
};

// Linux 6.5 to 6.18. Since 5.1 a new call has the same number on every architecture.
constexpr Row kYoung[] = {
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469},
#if defined(__x86_64__)
    {"uretprobe", 335},         {"uprobe", 336},
#endif
};

using Table = std::unordered_map<std::string_view, uint32_t>;

Table make_table() {
  Table table;
  for (const Row &row : kOfHeaders)
    table.emplace(row.name, row.number);
  for (const Row &row : kYoung)
    table.emplace(row.name, row.number);
  for (const OtherName &name : kOtherNames)
    if (auto known = table.find(name.of_header); known != table.end())
      table.emplace(name.of_function, known->second);
  return table;
}

}  // namespace

std::optional<uint32_t> syscall_number(std::string_view name) {
  static const Table table = make_table();
  auto found = table.find(name);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sonde::kernel
