// Long floods and readers that stall: nothing is lost uncounted, nothing grows without bound. Short by default;
// ./dev test soak lets each run for SONDE_SOAK_SECONDS.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <regex>
#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::HasSubstr;

std::optional<uint64_t> soak_seconds() {
  const char *seconds = std::getenv("SONDE_SOAK_SECONDS");
  return seconds ? std::optional(std::strtoull(seconds, nullptr, 10)) : std::nullopt;
}

// How many calls the traced program makes: here some hundred thousand a second, in a guest under emulation five
// thousand.
uint64_t calls() { return soak_seconds() ? *soak_seconds() * 100'000 : 20'000; }

class SoakTest : public TracerTest {
protected:
  static Sonde flood(const std::string &script, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"-e", script, "-c", traced("add " + std::to_string(calls()))};
    words.insert(words.end(), more.begin(), more.end());
    return Sonde(words).seconds(60 + static_cast<double>(calls()) / 1'000);
  }
  static std::string probe() { return "uprobe:" + program("traced") + ":traced_add "; }
};

uint64_t lost_events(const std::string &text) { return sum_of(text, "Lost (\\d+) events?\n"); }

uint64_t count_lines(const std::string &text, char first) {
  uint64_t count = 0;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    count += text[at] == first;
    if (text.find('\n', at) == std::string::npos)
      break;
  }
  return count;
}

uint64_t count_lines_with(const std::string &text, std::string_view whole) {
  uint64_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    count += line == whole;
  return count;
}

// The most memory that the tracer had, when END printed its status; a failure without that.
uint64_t peak_kib(const std::string &output) {
  // From the end: it is one line behind a flood, and std::regex is slow.
  size_t at = output.rfind("VmHWM:");
  std::smatch peak;
  std::string line = at == std::string::npos ? "" : output.substr(at, 100);
  if (!std::regex_search(line, peak, std::regex("VmHWM:\\s*(\\d+) kB"))) {
    ADD_FAILURE() << "no status in the output: " << output.substr(0, 2000);
    return 0;
  }
  return std::stoull(peak[1]);
}

TEST_F(SoakTest, a_tracer_that_is_stopped_for_a_while_counts_what_it_missed) {
  // It stops itself, so that the flood goes on however fast or slow this machine is.
  Outcome outcome = flood("config = { perf_rb_pages = 4 } " + probe() + R"({ printf("x\n") })" + probe() +
                              R"(/arg0 == 0/ { system("kill -STOP $PPID; sleep )" + (soak_seconds() ? "60" : "2") +
                              R"(; kill -CONT $PPID") })",
                          {"--unsafe"})
                        .run();
  EXPECT_EQ(count_lines(outcome.out, 'x') + lost_events(outcome.err), calls()) << outcome.err;
  EXPECT_GT(lost_events(outcome.err), 0u);
  EXPECT_EQ(outcome.status, 0);
}

TEST_F(SoakTest, a_map_at_its_limit_counts_every_update_it_refused) {
  Outcome outcome =
      flood("config = { max_map_keys = 100 } " + probe() + R"({ @m[arg0] = 1; @tries = count() } END { clear(@m) })")
          .run();
  EXPECT_THAT(outcome.out, HasSubstr("@tries: " + std::to_string(calls()) + "\n")) << outcome.err;
  uint64_t refused = sum_of(outcome.err, "is full with 100 keys: (\\d+) updates? w");
  EXPECT_EQ(refused, calls() - 100) << outcome.err;
}

// A day of `interval:s:1 { print(@total); print(@of); clear(@of) }`: each second of it is a few calls long. The counter
// passes 32 bits on its way.
TEST_F(SoakTest, a_day_of_a_counter_loses_nothing_and_does_not_grow) {
  constexpr uint64_t kSecondsOfDay = 86'400, kStart = (uint64_t{1} << 32) - 1000;
  uint64_t per_second = std::max<uint64_t>(calls() / kSecondsOfDay, 10), seconds = calls() / per_second;
  Outcome outcome = flood("BEGIN { @n = " + std::to_string(kStart) + " }" + probe() +
                          "{ @n++; @total = count(); @of[arg0 % 10] = sum(1); " + "if (arg0 % " +
                          std::to_string(per_second) + " == " + std::to_string(per_second - 1) +
                          R"() { printf("second %lld\n", @n); print(@total); clear(@of) } }
                          END { clear(@of); cat("/proc/self/status") })")
                        .run();
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err.find("Lost"), std::string::npos) << outcome.err;
  uint64_t second = 0, last_total = 0, totals = 0;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("second ")) {
      EXPECT_EQ(line, "second " + std::to_string(kStart + ++second * per_second));
    } else if (line.starts_with("@total: ")) {
      uint64_t total = std::stoull(line.substr(8));
      EXPECT_GE(total, last_total);
      last_total = total;
      ++totals;
    }
  }
  EXPECT_EQ(second, seconds);
  EXPECT_EQ(totals, seconds + 1) << "and once more when the run ends";
  EXPECT_EQ(last_total, calls());
  EXPECT_THAT(outcome.out, HasSubstr("@n: " + std::to_string(kStart + calls()) + "\n"));
  EXPECT_LT(peak_kib(outcome.out), 64u * 1024);
}

// Each is gone before its stack is named; what is remembered of them may not be all of them. Where there are more than
// the kernel's tables of stacks hold, the others are counted.
TEST_F(SoakTest, memory_does_not_grow_with_processes_that_live_shortly) {
  uint64_t processes = soak_seconds() ? *soak_seconds() * 100 : 60;
  std::string loop = "i=0; while [ $i -lt " + std::to_string(processes) + " ]; do " + program("traced_pie") +
                     " add 3; i=$((i+1)); done";
  Outcome outcome =
      Sonde({"-q", "-e",
             "uprobe:" + program("traced_pie") + R"(:traced_add { @calls = count(); printf("%s", ustack(1)) }
                 END { cat("/proc/self/status") })",
             "-c", "/bin/sh -c '" + loop + "'"})
          .environment("BPFTRACE_SHOW_DEBUG_INFO", "0")
          .seconds(120 + static_cast<double>(processes))
          .run();
  EXPECT_THAT(outcome.out, HasSubstr("@calls: " + std::to_string(3 * processes) + "\n")) << outcome.err;
  uint64_t lost = sum_of(outcome.err, "Lost (\\d+) stacks?\n");
  EXPECT_EQ(count_lines_with(outcome.out, "        traced_add+0") + lost, 3 * processes) << outcome.err;
  if (!soak_seconds())
    EXPECT_EQ(lost, 0u);
  EXPECT_LT(peak_kib(outcome.out), 96u * 1024);
}

// Its own status tells the most memory that it had. The records of a long flood would not fit into ours.
TEST_F(SoakTest, memory_does_not_grow_with_the_flood) {
  for (const char *option : {"--no-warnings", "--ordered", "--json-typed"}) {
    Outcome outcome = flood(probe() + R"({ printf("x %d\n", arg0) } END { system("cat /proc/$PPID/status >&2") })",
                            {option, "--unsafe", "-o", "/dev/null"})
                          .run();
    EXPECT_LT(peak_kib(outcome.err), 64u * 1024) << option;
  }
}

}  // namespace
}  // namespace sonde::test
