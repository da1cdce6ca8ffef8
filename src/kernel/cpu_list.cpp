// Parses "0-3,5".
#include "kernel/cpu_list.h"

#include <charconv>

#include "base/text.h"

namespace sonde::kernel {
namespace {

// More than any kernel is built for (CONFIG_NR_CPUS); keeps a damaged file from filling memory.
constexpr uint32_t kMaxCpu = 1 << 16;

bool parse_number(std::string_view text, uint32_t &number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number < kMaxCpu;
}

}  // namespace

std::vector<uint32_t> parse_cpu_list(std::string_view text) {
  std::vector<uint32_t> cpus;
  for (std::string_view range : split(trim(text), ',')) {
    size_t dash = range.find('-');
    uint32_t first = 0;
    if (!parse_number(range.substr(0, dash), first))
      break;
    uint32_t last = first;
    if (dash != std::string_view::npos && !parse_number(range.substr(dash + 1), last))
      break;
    for (uint32_t cpu = first; cpu <= last; ++cpu)
      cpus.push_back(cpu);
  }
  return cpus;
}

}  // namespace sonde::kernel
