// The build takes the names from the C library's <sys/syscall.h>.
#include "runtime/syscall_table.h"

#include <algorithm>
#include <iterator>

namespace sonde::runtime {
namespace {

struct Row {
  int64_t number;
  std::string_view name;
};
constexpr Row kRows[] = {
#include "syscall_rows.inc"
};

}  // namespace

std::string_view syscall_name(int64_t number) {
  const Row *row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row &r) { return r.number == number; });
  return row == std::end(kRows) ? std::string_view() : row->name;
}

}  // namespace sonde::runtime
