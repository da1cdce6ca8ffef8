// Each provider once, on whatever kernel this is: it fires, or sonde says why it cannot. tools/provider_table.sh makes
// the table of docs/probes.md from what these tests print.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <iostream>

#include "harness.h"

namespace sonde::test {
namespace {

struct Row {
  const char *provider;
  std::string body;                       // of the script, which prints "fired"
  std::vector<std::string> options = {};  // with which it does
};

constexpr char kFired[] = "{ printf(\"fired\\n\"); exit() }";

std::vector<Row> rows() {
  std::string traced_add = program("traced") + ":traced_add ";
  std::vector<std::string> adds = {"-c", traced("add 1")}, sleeps = {"-c", traced("sleep 5")},
                           burns = {"-c", traced("burn 60000")};
  return {
      {"begin", fmt::format("begin {}", kFired)},
      {"end", "end { printf(\"fired\\n\") }"},
      {"self", fmt::format("self:signal:SIGUSR1 {}", kFired)},
      {"test", "test:one { printf(\"fired\\n\") }", {"--test"}},
      {"bench", "bench:fired { @ = 1 }", {"--bench"}},
      {"interval", fmt::format("interval:ms:10 {}", kFired)},
      {"profile", fmt::format("profile:hz:99 {}", kFired), burns},
      {"software", fmt::format("software:page-faults:1 {}", kFired), sleeps},
      {"hardware", fmt::format("hardware:instructions:100000 {}", kFired), burns},
      {"tracepoint", "tracepoint:sched:sched_process_exec /args.pid > 0/ { printf(\"fired\\n\"); exit() }", sleeps},
      {"tracepoint, not read", fmt::format("tracepoint:sched:sched_process_exec {}", kFired), sleeps},
      {"tracepoint of a system call", fmt::format("tracepoint:syscalls:sys_enter_nanosleep {}", kFired), sleeps},
      {"rawtracepoint", fmt::format("rawtracepoint:sched_process_exec {}", kFired), sleeps},
      {"kprobe", fmt::format("kprobe:hrtimer_nanosleep {}", kFired), sleeps},
      {"kprobe, several", fmt::format("kprobe:hrtimer_nan*, kprobe:do_nanosl* {}", kFired), sleeps},
      {"kretprobe", fmt::format("kretprobe:hrtimer_nanosleep {}", kFired), sleeps},
      {"kprobe and kretprobe, several",
       "kprobe:hrtimer_nan*, kprobe:do_nanosl* { @ = 1 } "
       "kretprobe:hrtimer_nan*, kretprobe:do_nanosl* /@/ { clear(@); printf(\"fired\\n\"); exit() }",
       sleeps},
      {"fentry", fmt::format("fentry:hrtimer_nanosleep {}", kFired), sleeps},
      {"fexit", fmt::format("fexit:hrtimer_nanosleep {}", kFired), sleeps},
      {"ksyscall", fmt::format("ksyscall:nanosleep {}", kFired), sleeps},
      {"kretsyscall", fmt::format("kretsyscall:nanosleep {}", kFired), sleeps},
      {"uprobe", fmt::format("uprobe:{} {}", traced_add, kFired), adds},
      {"uretprobe", fmt::format("uretprobe:{} {}", traced_add, kFired), adds},
      {"usdt", fmt::format("usdt:{}:traced:step {}", program("traced"), kFired), {"-c", traced("usdt 1")}},
      {"watchpoint", fmt::format("watchpoint:0x10000000:8:w {}", kFired), {"-c", traced("count 10")}},
      {"watchpoint, of an argument",
       fmt::format("watchpoint:traced_show+arg1:8:w {}", kFired),
       {"-c", traced("show 10")}},
      {"asyncwatchpoint", fmt::format("asyncwatchpoint:traced_show+arg1:8:w {}", kFired), {"-c", traced("wait 10000")}},
      {"iter", "iter:task { @ = count() } end { printf(\"fired\\n\"); clear(@) }"},
  };
}

// "ERROR: could not attach to X: the cause" → "the cause"
std::string cause_of(const Outcome &outcome) {
  size_t start = outcome.err.find("ERROR: ");
  if (start == std::string::npos)
    return {};
  std::string line = outcome.err.substr(start, outcome.err.find('\n', start) - start);
  size_t colon = line.rfind(": ");
  return line.substr(colon + 2);
}

class ProviderTable : public TracerTest, public ::testing::WithParamInterface<size_t> {
protected:
  Outcome run(const Row &row) {
    std::vector<std::string> arguments = {"-e", row.body};
    arguments.insert(arguments.end(), row.options.begin(), row.options.end());
    Sonde sonde(arguments);
    if (std::string_view(row.provider) == "self")
      sonde.signal_after("Attached", SIGUSR1);
    return sonde.run();
  }
};

TEST_P(ProviderTable, fires_or_says_why_not) {
  Row row = rows().at(GetParam());
  Outcome outcome = run(row);
  bool has_fired = outcome.out.find("fired") != std::string::npos;
  std::string cause = cause_of(outcome);
  utsname names{};
  uname(&names);
  std::string result = has_fired ? "yes" : cause.empty() ? "does not fire" : cause;
  std::cout << fmt::format("PROVIDER {} | {} | {}\n", names.release, row.provider, result);
  // Where debug registers are not emulated, watchpoints are set and never hit: no kernel says so.
  bool may_be_silent = std::string_view(row.provider) == "watchpoint" || std::string_view(row.provider) == "hardware";
  EXPECT_TRUE(has_fired || !cause.empty() || may_be_silent) << row.body << "\n" << outcome;
  if (!has_fired)
    GTEST_SKIP() << row.provider << ": " << result;
}

INSTANTIATE_TEST_SUITE_P(providers, ProviderTable, ::testing::Range<size_t>(0, rows().size()), [](const auto &info) {
  std::string name = rows().at(info.param).provider;
  for (char &c : name)
    c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

}  // namespace
}  // namespace sonde::test
