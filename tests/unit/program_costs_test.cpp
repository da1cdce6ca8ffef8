// How costs of programs are worded; that they are counted is shown by kernel tests.
#include "runtime/program_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::runtime {
namespace {

using testing::HasSubstr;

// Over two seconds: one program of many places, and two of the same place.
RunCost cost_of_three() {
  RunCost cost{2'000'000'000, {}};
  cost.programs.push_back({{"uprobe:a:f"}, "x.bt", 1, 1, {0, 0}});
  cost.programs.push_back({{"uprobe:a:g", "uprobe:a:h", "uprobe:a:i"}, "x.bt", 2, 1, {1'000'000, 250'000'000}});
  cost.programs.push_back({{"uprobe:a:f"}, "x.bt", 3, 5, {4, 1'000}});
  cost.programs.push_back({{"--follow at sched_process_fork"}, {}, 0, 0, {1, 500}});
  return cost;
}

TEST(CostText, TheDearestProgramIsFirstAndTheSumLast) {
  EXPECT_EQ(cost_text(cost_of_three()),
            "        runs   ns per run             ns  % of a CPU  probe\n"
            "     1000000        250.0      250000000       12.50  uprobe:a:g and 2 more\n"
            "           4        250.0           1000        0.00  uprobe:a:f (x.bt:3:5)\n"
            "           1        500.0            500        0.00  --follow at sched_process_fork\n"
            "           0          0.0              0        0.00  uprobe:a:f (x.bt:1:1)\n"
            "     1000005        250.0      250001500       12.50  in all, in 2.000 s\n");
}

TEST(CostText, NothingRanInNoTime) {
  RunCost cost{0, {{{"interval:s:9"}, "x.bt", 1, 1, {}}}};
  EXPECT_THAT(cost_text(cost), HasSubstr("           0          0.0              0        0.00  interval:s:9\n"));
}

TEST(CostJson, NamesAllProbesOfAProgram) {
  std::string out;
  append_json_cost(out, cost_of_three());
  EXPECT_THAT(out,
              HasSubstr(R"({"type": "cost", "data": {"duration_ns": 2000000000, "programs": [{"probes": )"
                        R"(["uprobe:a:g", "uprobe:a:h", "uprobe:a:i"], "filename": "x.bt", "line": 2, "col": 1, )"
                        R"("runs": 1000000, "time_ns": 250000000, "average_ns": 250.0, "cpu_share": 0.125000}, )"));
  EXPECT_THAT(out, HasSubstr(R"({"probes": ["--follow at sched_process_fork"], "runs": 1, "time_ns": 500, )"
                             R"("average_ns": 500.0, "cpu_share": 0.000000})"));
  EXPECT_EQ(out.back(), '\n');
}

}  // namespace
}  // namespace sonde::runtime
