// The Kernel that sonde runs on. Every answer is found when first asked for and kept.
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/read_file.h"
#include "base/text.h"
#include "kernel/bpf_programs.h"
#include "kernel/btf.h"
#include "kernel/cpu_list.h"
#include "kernel/features.h"
#include "kernel/function_list.h"
#include "kernel/kernel.h"
#include "kernel/requirements.h"
#include "kernel/tracefs.h"
#include "kernel/tracepoint_format.h"
#include "kernel/type_definitions.h"

namespace sonde::kernel {
namespace {

constexpr const char *kBtfFolder = "/sys/kernel/btf";

// Debian's release says 6.1.0 for every 6.1; which one it is stands in the version text ("… Debian 6.1.128-1 …"),
// Ubuntu's at the end of a file of its own.
KernelVersion read_version() {
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

class RunningKernel : public Kernel {
public:
  explicit RunningKernel(std::span<const Feature> absent) {
    for (Feature feature : absent)
      features_.at(static_cast<size_t>(feature)) = false;
  }

  KernelVersion version() override {
    if (!version_)
      version_ = read_version();
    return *version_;
  }
  bool has(Feature feature) override;
  Result<std::string> tracefs() override;
  Result<std::vector<TracepointName>> tracepoints(std::string_view category, std::string_view event) override;
  Result<TracepointFormat> tracepoint_format(const std::string &category, const std::string &event) override;
  Result<std::vector<KernelFunction>> functions(std::string_view module, std::string_view name) override;
  std::optional<uint64_t> symbol_address(const std::string &name) override;
  Result<std::optional<Type>> type(const std::string &name) override;
  bool programs_may_call(const std::string &function, std::string_view section) override {
    uint32_t id = function_id(function);
    if (id == 0)
      return false;
    auto [known, is_new] = callable_.try_emplace({id, std::string(section)});
    if (is_new)
      known->second = try_call(id, known->first.second);
    return known->second;
  }
  uint32_t type_id(const std::string &name) override { return btf() ? (*btf())->find_type_id(name) : 0; }
  uint32_t function_id(const std::string &name) override {
    auto [known, is_new] = function_ids_.try_emplace(name);
    if (is_new && btf())
      known->second = (*btf())->find_function_id(name);
    return known->second;
  }
  Result<std::optional<Type>> enum_with(const std::string &enumerator) override;
  void expect_functions() override { functions_.expect(); }
  Result<std::vector<KernelFunction>> typed_functions(std::string_view module, std::string_view name) override;
  Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) override;
  bool is_raw_tracepoint(const std::string &category, const std::string &event) override;
  Result<std::vector<std::string>> iterators(std::string_view glob) override;
  Result<std::optional<Prototype>> function_prototype(const KernelFunction &function) override;
  Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) override;
  std::optional<PidNamespace> pid_namespace() override;
  Result<std::vector<BpfProgramName>> bpf_programs() override { return list_bpf_programs(); }
  Result<std::vector<std::string>> type_names(std::string_view glob) override;
  Result<std::string> type_definition(const std::string &name) override;
  const std::vector<uint32_t> &online_cpus() override;
  uint32_t possible_cpu_count() override;

private:
  const Result<Btf *> &btf();
  const Btf *module_btf(std::string_view module);

  std::optional<KernelVersion> version_;
  std::array<std::optional<bool>, static_cast<size_t>(Feature::kCount)> features_;
  std::optional<Result<std::string>> tracefs_;
  FunctionList functions_{[this] { return tracefs(); }};
  std::unique_ptr<Btf> btf_storage_;
  std::map<std::string, std::unique_ptr<Btf>, std::less<>> module_btfs_;  // null where there is none
  std::optional<Result<Btf *>> btf_;
  std::unordered_map<std::string, std::optional<Type>> types_;
  std::unordered_map<std::string, uint32_t> function_ids_;  // found by looking through half of all types
  // By function and section. Each was a program that was loaded to see, and types are checked in several rounds.
  std::map<std::pair<uint32_t, std::string>, bool> callable_;
  std::unique_ptr<TypeDefinitions> definitions_;
  std::optional<std::unordered_set<std::string_view>> raw_tracepoints_;
  std::vector<uint32_t> online_cpus_;
};

bool RunningKernel::has(Feature feature) {
  std::optional<bool> &answer = features_.at(static_cast<size_t>(feature));
  if (!answer)
    answer =
        feature == Feature::DirectReads ? programs_may_call(std::string(kDirectRead), "raw_tp") : try_feature(feature);
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

Result<std::vector<KernelFunction>> RunningKernel::functions(std::string_view module, std::string_view name) {
  // BTF answers for one function of vmlinux in 1 ms, the lists take 50.
  if (!has_glob(name) && module.empty() && btf())
    if (auto known = (*btf())->find_function(name))
      return std::vector<KernelFunction>{{*known, {}}};
  return functions_.matching(module, name);
}

std::optional<uint64_t> RunningKernel::symbol_address(const std::string &name) { return functions_.address(name); }

std::string btf_path() {
  const char *other = std::getenv("BPFTRACE_BTF");
  return other && *other ? other : fmt::format("{}/vmlinux", kBtfFolder);
}

const Result<Btf *> &RunningKernel::btf() {
  if (!btf_) {
    auto opened = open_btf(btf_path());
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

Result<std::optional<Type>> RunningKernel::enum_with(const std::string &enumerator) {
  if (!btf())
    return btf().error();
  return (*btf())->find_enum_with(enumerator);
}

// In the order of their names, each once.
std::vector<std::string> matching_names(std::vector<std::string_view> names, std::string_view glob) {
  std::erase_if(names, [&](std::string_view name) { return !matches_glob(glob, name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return {names.begin(), names.end()};
}

const Btf *RunningKernel::module_btf(std::string_view module) {
  if (!btf())
    return nullptr;
  if (module.empty() || module == "vmlinux")
    return *btf();
  auto known = module_btfs_.find(module);
  if (known == module_btfs_.end()) {
    auto opened = open_btf(fmt::format("{}/{}", kBtfFolder, module), *btf());
    known = module_btfs_.emplace(module, opened ? opened.take() : nullptr).first;
  }
  return known->second.get();
}

// BTF also describes functions that cannot be traced: those of the kernel's list count. For one function that
// list is not worth its 50 ms: attaching tells.
Result<std::vector<KernelFunction>> RunningKernel::typed_functions(std::string_view module, std::string_view name) {
  if (!btf())
    return btf().error();
  if (!has_glob(name) && !has_glob(module) && (!module.empty() || (*btf())->find_function(name))) {
    const Btf *types = module_btf(module);
    auto known = types ? types->find_function(name) : std::nullopt;
    std::string_view shown = types == *btf() ? std::string_view() : module_btfs_.find(module)->first;
    return known ? std::vector<KernelFunction>{{*known, shown}} : std::vector<KernelFunction>{};
  }
  auto traceable = functions_.matching(module, name);
  if (!traceable)
    return traceable.error();
  std::map<std::string_view, std::unordered_set<std::string_view>> described;  // by module
  std::erase_if(*traceable, [&](const KernelFunction &function) {
    auto known = described.find(function.module);
    if (known == described.end()) {
      const Btf *types = module_btf(function.module);
      auto names = types ? types->function_names() : std::vector<std::string_view>();
      known =
          described.emplace(function.module, std::unordered_set(names.begin(), names.end(), 2 * names.size())).first;
    }
    return !known->second.contains(function.name);
  });
  return traceable;
}

Result<std::vector<std::string>> RunningKernel::raw_tracepoints(std::string_view glob) {
  if (!btf())
    return btf().error();
  return matching_names((*btf())->raw_tracepoint_names(), glob);
}

// Users make events of their own, by any name, at functions; those of system calls are made at raw_syscalls'. While
// there are any of users, none is sure.
bool RunningKernel::is_raw_tracepoint(const std::string &category, const std::string &event) {
  if (!raw_tracepoints_) {
    raw_tracepoints_.emplace();
    auto root = tracefs();
    auto of_users = root ? read_file(*root + "/dynamic_events") : root;
    if (of_users && of_users->empty() && btf()) {
      std::vector<std::string_view> names = (*btf())->raw_tracepoint_names();
      raw_tracepoints_->insert(names.begin(), names.end());
    }
  }
  return category != "syscalls" && raw_tracepoints_->contains(event);
}

Result<std::vector<std::string>> RunningKernel::iterators(std::string_view glob) {
  if (!btf())
    return btf().error();
  return matching_names((*btf())->iterator_names(), glob);
}

Result<std::optional<Prototype>> RunningKernel::function_prototype(const KernelFunction &function) {
  if (!btf())
    return btf().error();
  const Btf *types = module_btf(function.module);
  return types ? types->function_prototype(function.name) : std::nullopt;
}

Result<std::vector<std::string>> RunningKernel::type_names(std::string_view glob) {
  if (!btf())
    return btf().error();
  std::vector<std::string> names = (*btf())->type_names();
  std::erase_if(names, [&](const std::string &name) { return !matches_glob(glob, name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<std::string> RunningKernel::type_definition(const std::string &name) {
  if (!definitions_) {
    auto opened = open_type_definitions(btf_path());
    if (!opened)
      return opened.error();
    definitions_ = opened.take();
  }
  return definitions_->text(name);
}

Result<std::optional<Prototype>> RunningKernel::raw_tracepoint_prototype(const std::string &event) {
  if (!btf())
    return btf().error();
  return (*btf())->raw_tracepoint_prototype(event);
}

std::optional<PidNamespace> RunningKernel::pid_namespace() {
  constexpr ino_t kFirstInode = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h
  struct stat status {};
  if (stat("/proc/self/ns/pid", &status) != 0 || status.st_ino == kFirstInode)
    return std::nullopt;
  return PidNamespace{status.st_dev, status.st_ino};
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

std::unique_ptr<Kernel> open_running_kernel(std::span<const Feature> absent) {
  return std::make_unique<RunningKernel>(absent);
}

}  // namespace sonde::kernel
