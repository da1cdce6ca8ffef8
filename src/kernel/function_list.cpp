// Reads available_filter_functions or, where that is refused or missing, kallsyms.
#include "kernel/function_list.h"

#include <system_error>

#include "base/read_file.h"
#include "base/text.h"
#include "kernel/kernel_functions.h"

namespace sonde::kernel {
namespace {

constexpr const char *kKallsyms = "/proc/kallsyms";

}  // namespace

void FunctionList::expect() {
  // The better list is refused at once or shorter.
  if (all_ || kallsyms_ || coming_.valid() || filter_functions())
    return;
  try {
    coming_ = std::async(std::launch::async, [] { return read_file(kKallsyms); });
  } catch (const std::system_error &) {
    // No thread to be had: read when asked.
  }
}

const FunctionList::Text &FunctionList::filter_functions() {
  if (!filter_functions_) {
    auto root = tracefs_();
    filter_functions_ = root ? read_file(*root + "/available_filter_functions") : Text(root.error());
    if (*filter_functions_ && (*filter_functions_)->empty())
      filter_functions_ = Error{"read", "available_filter_functions", "it is empty", {}};
  }
  return *filter_functions_;
}

const FunctionList::Text &FunctionList::kallsyms() {
  if (!kallsyms_)
    kallsyms_ = coming_.valid() ? coming_.get() : read_file(kKallsyms);
  return *kallsyms_;
}

// kallsyms has the same functions as the list of traceable ones, and some more that turn out not to be.
Result<std::vector<KernelFunction>> FunctionList::read() {
  std::vector<KernelFunction> functions;
  if (const Text &filter = filter_functions()) {
    functions = parse_filter_functions(*filter);
  } else {
    if (!kallsyms())
      return kallsyms().error();
    auto blacklist = read_file("/sys/kernel/debug/kprobes/blacklist");
    std::string names = blacklist ? blacklist.take() : std::string();
    functions = parse_kallsyms_functions(*kallsyms(), parse_blacklist(names));
  }
  sort_functions(functions);
  return functions;
}

const Result<std::vector<KernelFunction>> &FunctionList::all() {
  if (!all_)
    all_ = read();
  return *all_;
}

Result<std::vector<KernelFunction>> FunctionList::matching(std::string_view module, std::string_view name) {
  if (!all())
    return all().error();
  if (name == "*" && (module.empty() || module == "*"))
    return *all();
  std::vector<KernelFunction> matching;
  for (const KernelFunction &function : *all())
    if (matches_glob(name, function.name) && (module.empty() || matches_glob(module, function.module_name())))
      matching.push_back(function);
  return matching;
}

std::optional<uint64_t> FunctionList::address(const std::string &symbol) {
  return kallsyms() ? find_kallsyms_address(*kallsyms(), symbol) : std::nullopt;
}

}  // namespace sonde::kernel
