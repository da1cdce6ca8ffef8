// Reads the list of symbols each time: few probes ask.
#include "kernel/function_size.h"

#include "base/read_file.h"
#include "kernel/kernel_functions.h"

namespace sonde::kernel {

std::optional<uint64_t> function_size(std::string_view module, std::string_view name) {
  auto text = read_file("/proc/kallsyms");
  return text ? find_kallsyms_size(*text, module, name) : std::nullopt;
}

}  // namespace sonde::kernel
