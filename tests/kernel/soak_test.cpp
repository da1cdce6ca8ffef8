// Long floods and readers that stall: nothing is lost uncounted, nothing grows without bound. Short by default;
// ./dev test soak lets each run for SONDE_SOAK_SECONDS.
#include <cstdlib>
#include <regex>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::HasSubstr;

// How many calls the traced program makes: here some hundred thousand a second, in a guest under emulation five
// thousand.
uint64_t calls() {
  const char *seconds = std::getenv("SONDE_SOAK_SECONDS");
  return seconds ? std::strtoull(seconds, nullptr, 10) * 100'000 : 20'000;
}

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

TEST_F(SoakTest, a_tracer_that_is_stopped_for_a_while_counts_what_it_missed) {
  // It stops itself, so that the flood goes on however fast or slow this machine is.
  Outcome outcome = flood("config = { perf_rb_pages = 4 } " + probe() + R"({ printf("x\n") })" + probe() +
                              R"(/arg0 == 0/ { system("kill -STOP $PPID; sleep 2; kill -CONT $PPID") })",
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

// END runs in the tracer: its own status tells the most memory it had.
TEST_F(SoakTest, memory_does_not_grow_with_the_flood) {
  for (const char *option : {"--no-warnings", "--ordered", "--json-typed"}) {
    Outcome outcome = flood(probe() + R"({ printf("x %d\n", arg0) } END { cat("/proc/self/status") })", {option}).run();
    std::smatch peak;
    ASSERT_TRUE(std::regex_search(outcome.out, peak, std::regex("VmHWM:(?:\\s|\\\\t)*(\\d+) kB"))) << outcome.err;
    EXPECT_LT(std::stoull(peak[1]), 64u * 1024) << option;
  }
}

}  // namespace
}  // namespace sonde::test
