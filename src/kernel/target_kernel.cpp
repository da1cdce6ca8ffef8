// Answers by a table of versions what the running kernel would answer by trial, and passes on the rest.
#include "kernel/target_kernel.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "kernel/btf.h"
#include "kernel/type_definitions.h"

namespace sonde::kernel {
namespace {

constexpr KernelVersion kNever{UINT32_MAX, 0, 0};

// Since when every kernel has it that distributions ship; by Feature.
constexpr std::array<KernelVersion, static_cast<size_t>(Feature::kCount)> kSince = {{
    {4, 17, 0},  // Kprobes, through perf_event_open
    {5, 15, 0},  // AttachCookie
    {6, 6, 0},   // UprobeMulti
    {5, 18, 0},  // KprobeMulti
    kNever,      // KprobeSession: targets that are matched later need not be pairs
    {5, 19, 0},  // PerCpuLookup
    {6, 0, 0},   // SleepableUprobes
    {5, 5, 0},   // Trampolines
    {4, 17, 0},  // RawTracepoints
    {5, 8, 0},   // RunStatistics
    kNever,      // DirectReads: by numbers in one kernel's BTF
}};

// Direct calls of functions that ftrace knows, which trampolines need there.
constexpr KernelVersion kArm64Trampolines{6, 4, 0};

class TargetKernel : public Kernel {
public:
  TargetKernel(std::optional<KernelVersion> oldest, Kernel &here) : oldest_(oldest), here_(here) {}
  TargetKernel(const Target &target, std::unique_ptr<Btf> types, Kernel &here)
      : oldest_(target.oldest), here_(here), arch_(target.arch), types_(std::move(types)), types_path_(target.types) {}

  KernelVersion version() override { return oldest_ ? *oldest_ : here_.version(); }
  bool has(Feature feature) override {
    KernelVersion since = kSince[static_cast<size_t>(feature)];
    if (feature == Feature::Trampolines && arch_ == Arch::Arm64)
      since = kArm64Trampolines;
    return since != kNever && (oldest_ ? *oldest_ >= since : here_.has(feature));
  }
  bool is_the_one() const override { return false; }
  Arch arch() const override { return arch_; }
  // Whatever the machines, their programs' ids are those of the tracer's namespace there.
  std::optional<PidNamespace> pid_namespace() override { return std::nullopt; }

  Result<std::string> tracefs() override { return here_.tracefs(); }
  Result<std::vector<TracepointName>> tracepoints(std::string_view category, std::string_view event) override {
    return here_.tracepoints(category, event);
  }
  Result<TracepointFormat> tracepoint_format(const std::string &category, const std::string &event) override {
    return here_.tracepoint_format(category, event);
  }
  Result<std::vector<KernelFunction>> functions(std::string_view module, std::string_view name) override {
    return types_ ? described(module, name) : here_.functions(module, name);
  }
  void expect_functions() override { here_.expect_functions(); }
  std::optional<uint64_t> symbol_address(const std::string &name) override { return here_.symbol_address(name); }
  Result<std::optional<Type>> type(const std::string &name) override {
    return types_ ? Result<std::optional<Type>>(types_->find_type(name)) : here_.type(name);
  }
  uint32_t type_id(const std::string &name) override {
    return types_ ? types_->find_type_id(name) : here_.type_id(name);
  }
  uint32_t function_id(const std::string &name) override {
    return types_ ? types_->find_function_id(name) : here_.function_id(name);
  }
  Result<std::optional<Type>> enum_with(const std::string &enumerator) override {
    return types_ ? Result<std::optional<Type>>(types_->find_enum_with(enumerator)) : here_.enum_with(enumerator);
  }
  Result<std::vector<KernelFunction>> typed_functions(std::string_view module, std::string_view name) override {
    return types_ ? described(module, name) : here_.typed_functions(module, name);
  }
  Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) override {
    return types_ ? matching(types_->raw_tracepoint_names(), glob) : here_.raw_tracepoints(glob);
  }
  bool is_raw_tracepoint(const std::string &category, const std::string &event) override {
    if (!types_)
      return here_.is_raw_tracepoint(category, event);
    std::vector<std::string_view> names = types_->raw_tracepoint_names();
    return category != "syscalls" && std::find(names.begin(), names.end(), event) != names.end();
  }
  Result<std::vector<std::string>> iterators(std::string_view glob) override {
    return types_ ? matching(types_->iterator_names(), glob) : here_.iterators(glob);
  }
  Result<std::optional<Prototype>> function_prototype(const KernelFunction &function) override {
    if (!types_)
      return here_.function_prototype(function);
    return function.module.empty() ? types_->function_prototype(function.name) : std::optional<Prototype>();
  }
  Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) override {
    return types_ ? Result<std::optional<Prototype>>(types_->raw_tracepoint_prototype(event))
                  : here_.raw_tracepoint_prototype(event);
  }
  // Of older kernels that cannot be told.
  bool programs_may_call(const std::string &function, std::string_view section) override {
    return !oldest_ && !types_ && here_.programs_may_call(function, section);
  }
  Result<std::vector<BpfProgramName>> bpf_programs() override { return here_.bpf_programs(); }
  Result<std::vector<std::string>> type_names(std::string_view glob) override {
    if (!types_)
      return here_.type_names(glob);
    std::vector<std::string> names = types_->type_names();
    return matching({names.begin(), names.end()}, glob);
  }
  Result<std::string> type_definition(const std::string &name) override {
    if (!types_)
      return here_.type_definition(name);
    auto definitions = open_type_definitions(types_path_);
    return definitions ? (*definitions)->text(name) : definitions.error();
  }
  const std::vector<uint32_t> &online_cpus() override { return here_.online_cpus(); }
  uint32_t possible_cpu_count() override { return here_.possible_cpu_count(); }

private:
  // In the order of their names, each once.
  static std::vector<std::string> matching(std::vector<std::string_view> names, std::string_view glob) {
    std::erase_if(names, [&](std::string_view name) { return !matches_glob(glob, name); });
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return {names.begin(), names.end()};
  }

  // The file knows the kernel alone, without its modules.
  std::vector<KernelFunction> described(std::string_view module, std::string_view glob) {
    std::vector<KernelFunction> functions;
    if (!module.empty() && !matches_glob(module, "vmlinux"))
      return functions;
    for (std::string_view name : types_->function_names())
      if (matches_glob(glob, name))
        functions.push_back({name, {}});
    auto by_name = [](const KernelFunction &a, const KernelFunction &b) { return a.name < b.name; };
    auto is_same = [](const KernelFunction &a, const KernelFunction &b) { return a.name == b.name; };
    std::sort(functions.begin(), functions.end(), by_name);
    functions.erase(std::unique(functions.begin(), functions.end(), is_same), functions.end());
    return functions;
  }

  std::optional<KernelVersion> oldest_;
  Kernel &here_;
  Arch arch_ = native_arch();
  std::unique_ptr<Btf> types_;  // null: this machine's
  std::string types_path_;
};

}  // namespace

std::optional<KernelVersion> parse_version(std::string_view text) {
  std::array<uint32_t, 3> numbers{};
  size_t count = 0;
  for (std::string_view word : split(text, '.')) {
    if (count == numbers.size())
      return std::nullopt;
    auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), numbers[count++]);
    if (problem != std::errc() || end != word.data() + word.size())
      return std::nullopt;
  }
  return count < 2 ? std::nullopt : std::optional(KernelVersion{numbers[0], numbers[1], numbers[2]});
}

std::unique_ptr<Kernel> kernels_from(KernelVersion oldest, Kernel &here) {
  return std::make_unique<TargetKernel>(oldest, here);
}

Result<std::unique_ptr<Kernel>> open_target(const Target &target, Kernel &here) {
  std::unique_ptr<Btf> types;
  if (!target.types.empty()) {
    auto opened = open_btf(target.types);
    if (!opened) {
      Error error = opened.error();
      error.hint = error.error_number ? ""
                                      : "bpftool btf dump and pahole read such files; of an ELF file with one, "
                                        "objcopy --dump-section .BTF=FILE takes it out";
      return error;
    }
    types = opened.take();
  }
  return std::unique_ptr<Kernel>(std::make_unique<TargetKernel>(target, std::move(types), here));
}

std::unique_ptr<Kernel> kernels_like(Kernel &here) { return std::make_unique<TargetKernel>(std::nullopt, here); }

}  // namespace sonde::kernel
