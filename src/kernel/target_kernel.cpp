// Answers by a table of versions what the running kernel would answer by trial, and passes on the rest.
#include "kernel/target_kernel.h"

#include <array>
#include <charconv>

#include "base/text.h"

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
}};

class TargetKernel : public Kernel {
public:
  TargetKernel(std::optional<KernelVersion> oldest, Kernel &here) : oldest_(oldest), here_(here) {}

  KernelVersion version() override { return oldest_ ? *oldest_ : here_.version(); }
  bool has(Feature feature) override {
    KernelVersion since = kSince[static_cast<size_t>(feature)];
    return since != kNever && (oldest_ ? *oldest_ >= since : here_.has(feature));
  }
  bool is_the_one() const override { return false; }
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
    return here_.functions(module, name);
  }
  void expect_functions() override { here_.expect_functions(); }
  std::optional<uint64_t> symbol_address(const std::string &name) override { return here_.symbol_address(name); }
  Result<std::optional<Type>> type(const std::string &name) override { return here_.type(name); }
  uint32_t type_id(const std::string &name) override { return here_.type_id(name); }
  Result<std::optional<Type>> enum_with(const std::string &enumerator) override { return here_.enum_with(enumerator); }
  Result<std::vector<KernelFunction>> typed_functions(std::string_view module, std::string_view name) override {
    return here_.typed_functions(module, name);
  }
  Result<std::vector<std::string>> raw_tracepoints(std::string_view glob) override {
    return here_.raw_tracepoints(glob);
  }
  bool is_raw_tracepoint(const std::string &category, const std::string &event) override {
    return here_.is_raw_tracepoint(category, event);
  }
  Result<std::vector<std::string>> iterators(std::string_view glob) override { return here_.iterators(glob); }
  Result<std::optional<Prototype>> function_prototype(const KernelFunction &function) override {
    return here_.function_prototype(function);
  }
  Result<std::optional<Prototype>> raw_tracepoint_prototype(const std::string &event) override {
    return here_.raw_tracepoint_prototype(event);
  }
  // Of older kernels that cannot be told.
  bool programs_may_call(const std::string &function, std::string_view section) override {
    return !oldest_ && here_.programs_may_call(function, section);
  }
  Result<std::vector<BpfProgramName>> bpf_programs() override { return here_.bpf_programs(); }
  Result<std::vector<std::string>> type_names(std::string_view glob) override { return here_.type_names(glob); }
  Result<std::string> type_definition(const std::string &name) override { return here_.type_definition(name); }
  const std::vector<uint32_t> &online_cpus() override { return here_.online_cpus(); }
  uint32_t possible_cpu_count() override { return here_.possible_cpu_count(); }

private:
  std::optional<KernelVersion> oldest_;
  Kernel &here_;
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

std::unique_ptr<Kernel> kernels_like(Kernel &here) { return std::make_unique<TargetKernel>(std::nullopt, here); }

}  // namespace sonde::kernel
