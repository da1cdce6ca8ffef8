// --cost: what programs took, by the kernel's count.
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CostTest : public TracerTest {
protected:
  static std::string add_probe() { return "uprobe:" + program("traced") + ":traced_add"; }
};

struct Row {
  uint64_t runs = 0;
  double average_ns = 0;
  uint64_t time_ns = 0;
  double percent = 0;
  std::string probe;
};

// The rows of the table, behind its head.
std::vector<Row> rows_of(const std::string &text) {
  std::vector<Row> rows;
  std::istringstream lines(text.substr(std::min(text.find("runs   ns per run"), text.size())));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    Row row;
    std::istringstream words(line);
    words >> row.runs >> row.average_ns >> row.time_ns >> row.percent >> std::ws;
    std::getline(words, row.probe);
    rows.push_back(row);
  }
  return rows;
}

TEST_F(CostTest, every_program_has_its_runs_time_and_share) {
  Outcome outcome = run_script("BEGIN { @b = 1 } " + add_probe() + " { @[pid] = count() } interval:s:1000 { } END { }",
                               {"--cost", "-c", traced("add 1000")});
  std::vector<Row> rows = rows_of(outcome.err);
  ASSERT_EQ(rows.size(), 5u) << outcome;
  EXPECT_EQ(rows[0].probe, add_probe()) << outcome;
  EXPECT_EQ(rows[0].runs, 1000u) << outcome;
  EXPECT_GT(rows[0].time_ns, 1000u) << outcome;
  EXPECT_NEAR(rows[0].average_ns, static_cast<double>(rows[0].time_ns) / 1000, 0.06) << outcome;
  EXPECT_EQ(rows[3].probe, "interval:s:1000") << outcome;
  EXPECT_EQ(rows[3].runs, 0u) << outcome;
  EXPECT_EQ(rows[4].runs, 1002u) << "with BEGIN and END: " << outcome;
  EXPECT_THAT(rows[4].probe, testing::MatchesRegex("in all, in [0-9]+[.][0-9]+ s"));
  double seconds = std::stod(rows[4].probe.substr(rows[4].probe.find("in ", 4) + 3));
  EXPECT_NEAR(rows[4].percent, static_cast<double>(rows[4].time_ns) / 1e7 / seconds, 0.02 + rows[4].percent / 50)
      << outcome;
  EXPECT_THAT(outcome.out, Not(HasSubstr("in all"))) << "the script's output stays as it is";
}

TEST_F(CostTest, probes_of_one_program_are_told_together) {
  Outcome outcome = run_script("uprobe:" + program("traced") + ":traced_* { @[probe] = count() }",
                               {"--cost", "-c", traced("add 10")});
  std::vector<Row> rows = rows_of(outcome.err);
  ASSERT_FALSE(rows.empty()) << outcome;
  uint64_t runs = rows.back().runs;
  EXPECT_GE(runs, 10u) << outcome;
  // Else the kernel wants a program for each probe.
  if (rows.size() == 2) {
    EXPECT_THAT(rows[0].probe, ContainsRegex("^uprobe:.*:traced_.* and [0-9]+ more$")) << outcome;
  }
}

TEST_F(CostTest, probes_of_one_place_are_told_apart_by_the_script) {
  Outcome outcome = run_script(add_probe() + " { @a = count() }\n" + add_probe() + " { @b = count() }",
                               {"--cost", "-c", traced("add 3")});
  EXPECT_THAT(outcome.err, HasSubstr(add_probe() + " (stdin:1:1)\n")) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr(add_probe() + " (stdin:2:1)\n")) << outcome;
}

TEST_F(CostTest, is_a_record_that_fits_the_schema) {
  rapidjson::Document schema_text;
  schema_text.Parse(Sonde({"--json-schema"}).run().out.c_str());
  rapidjson::SchemaDocument schema(schema_text);
  Outcome outcome = run_script(add_probe() + " { @ = count() }", {"--cost", "--json-typed", "-c", traced("add 20")});
  std::vector<std::string> lines = outcome.lines();
  ASSERT_GE(lines.size(), 2u) << outcome;
  rapidjson::Document record;
  record.Parse(lines[lines.size() - 2].c_str());
  ASSERT_TRUE(record.IsObject()) << outcome;
  rapidjson::SchemaValidator validator(schema);
  EXPECT_TRUE(record.Accept(validator)) << lines[lines.size() - 2];
  ASSERT_STREQ(record["type"].GetString(), "cost") << outcome;
  const auto &programs = record["data"]["programs"];
  ASSERT_EQ(programs.Size(), 1u);
  EXPECT_STREQ(programs[0]["probes"][0].GetString(), add_probe().c_str());
  EXPECT_EQ(programs[0]["runs"].GetUint64(), 20u);
  EXPECT_GT(record["data"]["duration_ns"].GetUint64(), programs[0]["time_ns"].GetUint64());
  EXPECT_THAT(outcome.err, Not(HasSubstr("% of a CPU")));
}

TEST_F(CostTest, counts_what_following_takes) {
  Outcome outcome = run_script(add_probe() + " { @ = count() }",
                               {"--cost", "--follow", "-c", "/bin/sh -c '" + traced("add 2") + "; true'"});
  if (std::string missing = newer_kernel_needed(outcome); !missing.empty())
    GTEST_SKIP() << missing;
  bool is_seen = false;
  for (const Row &row : rows_of(outcome.err))
    is_seen = is_seen || (row.probe == "--follow at sched_process_fork" && row.runs >= 1);
  EXPECT_TRUE(is_seen) << outcome;
}

using KprobeCostTest = KprobeTest;

// The kernel runs one program for both where it has sessions.
TEST_F(KprobeCostTest, entries_and_returns_are_counted_once) {
  Outcome outcome = run_script("kprobe:vfs_rea* /pid == cpid/ { @in = count() } kretprobe:vfs_rea* { @out = count() }",
                               {"--cost", "-c", "/bin/dd if=/proc/version of=/dev/null count=1"});
  std::vector<Row> rows = rows_of(outcome.err);
  ASSERT_GE(rows.size(), 2u) << outcome;
  std::set<std::string> names;
  uint64_t runs = 0;
  for (size_t i = 0; i + 1 < rows.size(); ++i) {
    EXPECT_TRUE(names.insert(rows[i].probe).second) << "told twice: " << outcome;
    runs += rows[i].runs;
  }
  EXPECT_EQ(runs, rows.back().runs) << outcome;
  EXPECT_GE(runs, 2u) << outcome;
  if (kernel_is_at_least(6, 10)) {
    EXPECT_EQ(names.size(), 1u) << outcome;
  }
}

TEST_F(CostTest, is_not_printed_unasked) {
  Outcome outcome = run_script("BEGIN { }");
  EXPECT_THAT(outcome.err, Not(HasSubstr("% of a CPU"))) << outcome;
}

using NoFeatureCostTest = TracerTest;

TEST_F(NoFeatureCostTest, a_kernel_without_statistics_is_named) {
  Outcome outcome = run_script("BEGIN { printf(\"ran\\n\") }", {"--cost", "--no-feature", "run_statistics"});
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("could not count the run time of programs: this kernel keeps no statistics"));
  EXPECT_THAT(outcome.err, HasSubstr("Linux 5.8 and later do"));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(CommandLineCost, excludes_what_does_not_run) {
  for (const char *other : {"--dry-run", "--test", "--bench"}) {
    Outcome outcome = Sonde({"--cost", other, "-e", "BEGIN { }"}).run();
    EXPECT_EQ(outcome.status, 2) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("excludes ") +
                                       (other == std::string("--dry-run") ? other : "--test and --bench")));
  }
}

}  // namespace
}  // namespace sonde::test
