#include "runtime/syscall_table.h"

#include <algorithm>

#include "kernel/syscall_table.h"

namespace sonde::runtime {

std::string_view syscall_name(int64_t number) {
  std::span<const kernel::SyscallRow> rows = kernel::own_syscall_rows();
  auto row = std::find_if(rows.begin(), rows.end(), [&](const kernel::SyscallRow &r) { return r.number == number; });
  return row == rows.end() ? std::string_view() : row->name;
}

}  // namespace sonde::runtime
