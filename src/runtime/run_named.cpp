// Test and bench probes: --test and --bench run them by name and report on each.
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>

#include "runtime/run_statistics.h"
#include "runtime/session.h"

namespace sonde::runtime {
namespace {

using SteadyClock = std::chrono::steady_clock;

// A run takes from ten nanoseconds on, the system call around it a microsecond.
constexpr uint32_t kFewestRuns = 1000;
constexpr uint32_t kMostRuns = 1'000'000;
constexpr auto kLongEnough = std::chrono::milliseconds(200);

Error nothing_to_run(std::string_view option, std::string_view provider) {
  return {"run", fmt::format("what {} asks for", option), fmt::format("the script has no {} probe", provider),
          fmt::format("{}:NAME {{ … }} is one", provider), 0};
}

}  // namespace

Result<bool> Session::run_test(const image::ProgramSpec &spec, const std::string &name) {
  output_.text() += fmt::format("[ RUN      ] {}\n", name);
  auto start = SteadyClock::now();
  auto returned = run_program(spec);
  if (!returned)
    return returned.error();
  auto taken = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
  drain_all();
  output_.text() +=
      fmt::format("{} {} ({} us)\n", *returned == 0 ? "[       OK ]" : "[  FAILED  ]", name, taken.count());
  output_.flush();
  return *returned == 0;
}

Result<RunResult> Session::run_tests() {
  size_t count = 0;
  std::vector<std::string> failed;
  for (const image::ProgramSpec &spec : image_.programs) {
    if (spec.provider != image::ProviderKind::Test)
      continue;
    for (const image::Target &target : spec.targets) {
      auto passed = run_test(spec, target.function);
      if (!passed)
        return passed.error();
      ++count;
      if (!*passed)
        failed.push_back(target.function);
    }
  }
  if (count == 0)
    return nothing_to_run("--test", "test");
  output_.text() +=
      fmt::format("[==========] {} test{} ran\n[  PASSED  ] {}\n", count, count == 1 ? "" : "s", count - failed.size());
  for (const std::string &name : failed)
    output_.text() += fmt::format("[  FAILED  ] {}\n", name);
  output_.flush();
  return RunResult{failed.empty() ? 0 : 1};
}

Result<void> Session::run_benchmark(const image::ProgramSpec &spec, const std::string &name) {
  auto end = SteadyClock::now() + kLongEnough;
  for (uint32_t runs = 0; runs < kFewestRuns || (runs < kMostRuns && SteadyClock::now() < end); ++runs) {
    if (auto done = run_program(spec); !done)
      return done.error();
    drain_all();
  }
  auto time = run_time_of(bpf_program__fd(object_.program(spec.function)));
  if (!time || time->runs == 0)
    return Error::from_errno("read the run time of", name, errno);
  output_.text() += fmt::format("{:<40} {:>14.1f} {:>12}\n", name, time->average_ns(), time->runs);
  output_.flush();
  return {};
}

Result<RunResult> Session::run_benchmarks() {
  auto statistics = RunStatistics::enable(kernel_);
  if (!statistics)
    return statistics.error();
  size_t count = 0;
  for (const image::ProgramSpec &spec : image_.programs) {
    if (spec.provider != image::ProviderKind::Bench)
      continue;
    if (count++ == 0)
      output_.text() += fmt::format("{:<40} {:>14} {:>12}\n", "benchmark", "ns per run", "runs");
    if (auto done = run_benchmark(spec, spec.targets.front().function); !done)
      return done.error();
  }
  if (count == 0)
    return nothing_to_run("--bench", "bench");
  return RunResult{0};
}

}  // namespace sonde::runtime
