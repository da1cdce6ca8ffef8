// The Kernel that sonde runs on. Every answer is found when first asked for and kept.
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

#include "base/text.h"
#include "kernel/btf.h"
#include "kernel/cpu_list.h"
#include "kernel/features.h"
#include "kernel/kernel.h"
#include "kernel/kernel_functions.h"
#include "kernel/read_file.h"
#include "kernel/tracefs.h"
#include "kernel/tracepoint_format.h"

namespace sonde::kernel {
namespace {

constexpr const char *kKallsyms = "/proc/kallsyms";

class RunningKernel : public Kernel {
public:
  KernelVersion version() override;
  bool has(Feature feature) override;
  Result<std::string> tracefs() override;
  Result<std::vector<TracepointName>> tracepoints(std::string_view category, std::string_view event) override;
  Result<TracepointFormat> tracepoint_format(const std::string &category, const std::string &event) override;
  Result<std::vector<KernelFunction>> functions(std::string_view module, std::string_view name) override;
  std::optional<uint64_t> symbol_address(const std::string &name) override;
  Result<std::optional<Type>> type(const std::string &name) override;
  Result<std::vector<std::string>> typed_functions(std::string_view glob) override;
  Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) override;
  Result<std::optional<Prototype>> function_prototype(const std::string &name) override;
  Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) override;
  const std::vector<uint32_t> &online_cpus() override;
  uint32_t possible_cpu_count() override;

private:
  const Result<Btf *> &btf();
  const Result<std::string> &kallsyms();
  const Result<std::vector<KernelFunction>> &all_functions();
  Result<std::vector<KernelFunction>> read_functions();

  std::array<std::optional<bool>, 6> features_;
  std::optional<Result<std::string>> tracefs_;
  std::optional<Result<std::string>> kallsyms_;
  std::optional<Result<std::vector<KernelFunction>>> functions_;
  std::unique_ptr<Btf> btf_storage_;
  std::optional<Result<Btf *>> btf_;
  std::unordered_map<std::string, std::optional<Type>> types_;
  std::vector<uint32_t> online_cpus_;
};

// Debian's release says 6.1.0 for every 6.1; which one it is stands in the version text ("… Debian 6.1.128-1 …"),
// Ubuntu's at the end of a file of its own.
KernelVersion RunningKernel::version() {
  utsname names{};
  uname(&names);
  std::string text = names.release;
  std::string_view built = names.version;
  constexpr std::string_view kDebian = "Debian ";
  if (size_t at = built.find(kDebian); at != std::string_view::npos)
    text = built.substr(at + kDebian.size());
  else if (auto ubuntu = read_file("/proc/version_signature"); ubuntu && ubuntu->rfind(' ') != std::string::npos)
    text = ubuntu->substr(ubuntu->rfind(' ') + 1);
  KernelVersion version;
  std::sscanf(text.c_str(), "%u.%u.%u", &version.major, &version.minor, &version.patch);
  return version;
}

bool RunningKernel::has(Feature feature) {
  std::optional<bool> &answer = features_.at(static_cast<size_t>(feature));
  if (!answer)
    answer = try_feature(feature);
  return *answer;
}

Result<std::string> RunningKernel::tracefs() {
  if (!tracefs_)
    tracefs_ = find_tracefs();
  return *tracefs_;
}

Result<std::vector<TracepointName>> RunningKernel::tracepoints(std::string_view category, std::string_view event) {
  auto root = tracefs();
  if (!root)
    return root.error();
  return list_tracepoints(*root, category, event);
}

Result<TracepointFormat> RunningKernel::tracepoint_format(const std::string &category, const std::string &event) {
  auto root = tracefs();
  if (!root)
    return root.error();
  auto text = read_file(*root + "/events/" + category + "/" + event + "/format");
  std::string name = category + ":" + event;
  if (!text && text.error().error_number == ENOENT)
    return Error{"read the format of tracepoint", name, "there is no such tracepoint", {}, ENOENT};
  if (!text)
    return text.error();
  auto format = parse_tracepoint_format(category, event, *text);
  if (!format)
    return Error{"read the format of tracepoint", name, "the kernel's description of it is not in the known form", {}};
  return std::move(*format);
}

// The whole list from the best source. Without available_filter_functions (lockdown refuses it),
// kallsyms has the same functions and some more that turn out not to be traceable.
Result<std::vector<KernelFunction>> RunningKernel::read_functions() {
  std::vector<KernelFunction> functions;
  auto root = tracefs();
  auto filter = root ? read_file(*root + "/available_filter_functions") : Result<std::string>(root.error());
  if (filter && !filter->empty()) {
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

const Result<std::vector<KernelFunction>> &RunningKernel::all_functions() {
  if (!functions_)
    functions_ = read_functions();
  return *functions_;
}

Result<std::vector<KernelFunction>> RunningKernel::functions(std::string_view module, std::string_view name) {
  // BTF answers for one function of vmlinux in 1 ms, the lists take 50.
  if (!has_glob(name) && module.empty() && btf() && (*btf())->has_function(name))
    return std::vector<KernelFunction>{{std::string(name), {}}};
  const auto &all = all_functions();
  if (!all)
    return all.error();
  std::vector<KernelFunction> matching;
  for (const KernelFunction &function : *all) {
    std::string_view found_module = function.module.empty() ? "vmlinux" : std::string_view(function.module);
    if (matches_glob(name, function.name) && (module.empty() || matches_glob(module, found_module)))
      matching.push_back(function);
  }
  return matching;
}

const Result<std::string> &RunningKernel::kallsyms() {
  if (!kallsyms_)
    kallsyms_ = read_file(kKallsyms);
  return *kallsyms_;
}

std::optional<uint64_t> RunningKernel::symbol_address(const std::string &name) {
  return kallsyms() ? find_kallsyms_address(*kallsyms(), name) : std::nullopt;
}

const Result<Btf *> &RunningKernel::btf() {
  if (!btf_) {
    const char *other = std::getenv("BPFTRACE_BTF");
    auto opened = open_btf(other && *other ? other : "/sys/kernel/btf/vmlinux");
    if (opened) {
      btf_storage_ = opened.take();
      btf_ = Result<Btf *>(btf_storage_.get());
    } else {
      btf_ = Result<Btf *>(opened.error());
    }
  }
  return *btf_;
}

Result<std::optional<Type>> RunningKernel::type(const std::string &name) {
  auto known = types_.find(name);
  if (known != types_.end())
    return known->second;
  if (!btf())
    return btf().error();
  return types_.emplace(name, (*btf())->find_type(name)).first->second;
}

// In the order of their names, each once.
std::vector<std::string> matching_names(std::vector<std::string_view> names, std::string_view glob) {
  std::erase_if(names, [&](std::string_view name) { return !matches_glob(glob, name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {names.begin(), names.end()};
}

// BTF also describes functions that cannot be traced: those of the kernel's list count. For one function that
// list is not worth its 50 ms: attaching tells.
Result<std::vector<std::string>> RunningKernel::typed_functions(std::string_view glob) {
  if (!btf())
    return btf().error();
  if (!has_glob(glob))
    return (*btf())->has_function(glob) ? std::vector<std::string>{std::string(glob)} : std::vector<std::string>{};
  auto traceable = functions("vmlinux", glob);
  if (!traceable)
    return traceable.error();
  std::vector<std::string_view> described = (*btf())->function_names();
  std::sort(described.begin(), described.end());
  std::vector<std::string> names;
  for (KernelFunction &function : *traceable)
    if (std::binary_search(described.begin(), described.end(), function.name))
      names.push_back(std::move(function.name));
  return names;
}

Result<std::vector<std::string>> RunningKernel::raw_tracepoints(std::string_view glob) {
  if (!btf())
    return btf().error();
  return matching_names((*btf())->raw_tracepoint_names(), glob);
}

Result<std::optional<Prototype>> RunningKernel::function_prototype(const std::string &name) {
  if (!btf())
    return btf().error();
  return (*btf())->function_prototype(name);
}

Result<std::optional<Prototype>> RunningKernel::raw_tracepoint_prototype(const std::string &event) {
  if (!btf())
    return btf().error();
  return (*btf())->raw_tracepoint_prototype(event);
}

const std::vector<uint32_t> &RunningKernel::online_cpus() {
  if (online_cpus_.empty()) {
    auto text = read_file("/sys/devices/system/cpu/online");
    if (text)
      online_cpus_ = parse_cpu_list(*text);
    if (online_cpus_.empty())
      online_cpus_.push_back(0);
  }
  return online_cpus_;
}

uint32_t RunningKernel::possible_cpu_count() {
  auto text = read_file("/sys/devices/system/cpu/possible");
  auto possible = text ? parse_cpu_list(*text) : std::vector<uint32_t>();
  return possible.empty() ? static_cast<uint32_t>(online_cpus().size()) : static_cast<uint32_t>(possible.size());
}

}  // namespace

std::unique_ptr<Kernel> open_running_kernel() { return std::make_unique<RunningKernel>(); }

}  // namespace sonde::kernel
