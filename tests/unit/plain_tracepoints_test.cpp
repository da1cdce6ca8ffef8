// Tracepoints whose records nobody reads: which of them are served by raw tracepoints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sema_fixture.h"

namespace sonde::testing {
namespace {

using ::testing::ElementsAre;

kernel::FakeKernel kernel_with_raw_tracepoints() {
  kernel::FakeKernel kernel;
  for (const char *event : {"sched_switch", "sched_process_exec"})
    kernel.add_raw_tracepoint(event, {});
  return kernel;
}

// The kind of each unit, and how many targets it has.
std::vector<std::pair<image::ProviderKind, size_t>> units(const std::string &text, const kernel::FakeKernel &kernel) {
  std::vector<std::pair<image::ProviderKind, size_t>> out;
  Script script(text, kernel);
  for (const sema::Unit &unit : script.analysis().units)
    out.emplace_back(unit.provider->kind(), unit.targets.size());
  return out;
}

constexpr auto kPlain = image::ProviderKind::PlainTracepoint, kPerf = image::ProviderKind::Tracepoint;

TEST(PlainTracepoints, ServeAllThatNobodyReads) {
  kernel::FakeKernel kernel = kernel_with_raw_tracepoints();
  EXPECT_THAT(units("tracepoint:sched:* { print(probe); }", kernel), ElementsAre(std::pair(kPlain, 2)));
  EXPECT_THAT(units("tracepoint:sched:sched_switch { print(pid); }", kernel), ElementsAre(std::pair(kPlain, 1)));
}

TEST(PlainTracepoints, HaveNoRecordAndAnotherStack) {
  kernel::FakeKernel kernel = kernel_with_raw_tracepoints();
  EXPECT_THAT(units("tracepoint:sched:sched_switch { print(args.prev_pid); }", kernel),
              ElementsAre(std::pair(kPerf, 1)));
  EXPECT_THAT(units("tracepoint:sched:sched_switch / args.prev_pid / { print(pid); }", kernel),
              ElementsAre(std::pair(kPerf, 1)));
  EXPECT_THAT(units("tracepoint:sched:sched_switch { print(kstack); }", kernel), ElementsAre(std::pair(kPerf, 1)));
  EXPECT_THAT(units("tracepoint:sched:sched_switch { if (1) { print(kstack(3)); } }", kernel),
              ElementsAre(std::pair(kPerf, 1)));
}

TEST(PlainTracepoints, AreNotOfEveryEventAndKernel) {
  kernel::FakeKernel kernel;
  kernel.add_raw_tracepoint("sched_switch", {});
  EXPECT_THAT(units("tracepoint:sched:* { print(pid); }", kernel),
              ElementsAre(std::pair(kPerf, 1), std::pair(kPlain, 1)));
  kernel.set_version({6, 9, 0});
  EXPECT_THAT(units("tracepoint:sched:* { print(pid); }", kernel), ElementsAre(std::pair(kPerf, 2)));
  kernel.set_version({6, 12, 0});
  kernel.remove_feature(kernel::Feature::RawTracepoints);
  EXPECT_THAT(units("tracepoint:sched:* { print(pid); }", kernel), ElementsAre(std::pair(kPerf, 2)));
}

}  // namespace
}  // namespace sonde::testing
