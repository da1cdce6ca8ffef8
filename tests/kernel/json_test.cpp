// JSON records: every line is JSON whatever the script prints, plain records have bpftrace's shapes, typed ones fit
// the schema that sonde prints.
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class JsonTest : public TracerTest {};

// Something of every kind of record. The strings hold what JSON must escape and bytes that are not UTF-8.
constexpr char kEverything[] = R"(
  config = { max_map_keys = 4 }
  BEGIN {
    @scalar = 1; @text = "hi\n\"\\\xff"; @tuple = (1, (2, "b")); @max = max(4); @count = count(); @avg = avg(5);
    @keyed["a\"b", 2] = 3; @nested[1, (2, "x")] = 4; @hist = hist(3); @hists[1] = hist(5); @lhist = lhist(50, 0, 10, 2);
    @series = tseries(5, 1s, 3); @serieses["k", 1] = tseries(-5, 1s, 3, "avg");
    @stats = stats(5); @statss["k"] = stats(6);
    for ($i : 0..6) { @full[$i] = $i; }
    printf("%d %s\n", 5, "a\xff\x01\"b"); time("%H\n"); cat("/proc/self/comm"); system("echo hi");
    print(1); print("s\xfe"); print((1, "x", (true, 3))); print((uint64)-1); print(@hists); print(@nested, 1);
    errorf("bad %d", 1); warnf("odd"); join((uint64)0);
  })";

rapidjson::Document parsed(const std::string &line) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
  EXPECT_FALSE(document.HasParseError()) << rapidjson::GetParseError_En(document.GetParseError()) << ": " << line;
  return document;
}

TEST_F(JsonTest, every_line_is_json) {
  for (const std::string &line : run_script(kEverything, {"-f", "json", "--unsafe"}).lines())
    EXPECT_TRUE(parsed(line).IsObject()) << line;
}

TEST_F(JsonTest, typed_records_fit_the_schema) {
  rapidjson::Document schema_text = parsed(Sonde({"--json-schema"}).run().out);
  rapidjson::SchemaDocument schema(schema_text);
  rapidjson::SchemaValidator validator(schema);
  Outcome outcome = run_script(kEverything, {"--json-typed", "--unsafe"});
  std::set<std::string> kinds;
  uint64_t next = 0;
  for (const std::string &line : outcome.lines()) {
    rapidjson::Document record = parsed(line);
    validator.Reset();
    rapidjson::StringBuffer where;
    if (!record.Accept(validator)) {
      validator.GetInvalidSchemaPointer().StringifyUriFragment(where);
      ADD_FAILURE() << line << "\ndoes not fit " << where.GetString() << ": " << validator.GetInvalidSchemaKeyword();
      continue;
    }
    kinds.insert(record["type"].GetString());
    EXPECT_EQ(record["seq"].GetUint64(), next++) << line;
  }
  EXPECT_THAT(kinds, ElementsAre("attached_probes", "cat", "errorf", "helper_error", "hist", "join", "map", "printf",
                                 "stats", "summary", "syscall", "time", "tseries", "value", "warnf"));
}

// A program that sends more at once than the ring buffer holds: nobody reads meanwhile.
TEST_F(JsonTest, the_schema_is_a_command_too) {
  Outcome command = Sonde({"schema"}).run();
  EXPECT_EQ(command.out, Sonde({"--json-schema"}).run().out) << command;
  EXPECT_EQ(Sonde({"schema", "x"}).run().status, 2);
}

TEST_F(JsonTest, records_of_losses_fit_the_schema) {
  rapidjson::Document schema_text = parsed(Sonde({"--json-schema"}).run().out);
  rapidjson::SchemaDocument schema(schema_text);
  Outcome outcome = run_script(
      R"(config = { perf_rb_pages = 1 } BEGIN { unroll (100) { printf("%s %s %s %s\n", probe, comm, "a line", "more") } })",
      {"--json-typed"});
  std::vector<std::string> lines = outcome.lines();
  for (const char *type : {"lost_stacks", "missed_runs"})
    lines.push_back(R"({"type": ")" + std::string(type) +
                    R"(", "count": 4, "data": {"uprobe:a:f": 4}, "version": 1, "seq": 0, "time_ns": 1})");
  std::set<std::string> kinds;
  for (const std::string &line : lines) {
    rapidjson::Document record = parsed(line);
    rapidjson::SchemaValidator validator(schema);
    EXPECT_TRUE(record.Accept(validator)) << line;
    kinds.insert(record["type"].GetString());
  }
  EXPECT_THAT(kinds, testing::IsSupersetOf({"lost_events", "lost_stacks", "missed_runs"})) << outcome;
}

TEST_F(JsonTest, the_schema_refuses_what_is_no_record) {
  rapidjson::Document schema_text = parsed(Sonde({"--json-schema"}).run().out);
  rapidjson::SchemaDocument schema(schema_text);
  for (const char *line :
       {R"({"type": "printf", "data": "x"})", R"({"type": "printf", "data": 5, "version": 1, "seq": 0, "time_ns": 1})",
        R"({"type": "map", "data": {}, "version": 1, "seq": 0, "time_ns": 1})",
        R"({"type": "other", "data": 1, "version": 1, "seq": 0, "time_ns": 1})",
        R"({"type": "value", "data": 1, "version": 1, "seq": 0, "time_ns": 1, "pid": 5})"}) {
    rapidjson::SchemaValidator validator(schema);
    EXPECT_FALSE(parsed(line).Accept(validator)) << line;
  }
}

TEST_F(JsonTest, typed_records_name_their_sender_and_keep_values) {
  Outcome outcome = run_script("uprobe:" + program("traced") + R"(:traced_add,uprobe:)" + program("traced") +
                                   R"(:traced_name { printf("%d %s\n", pid == cpid, "x"); @[pid == cpid, "k"] = 7 })",
                               {"--json-typed", "-c", traced("add 1")});
  rapidjson::Document record, map, summary;
  for (const std::string &line : outcome.lines()) {
    rapidjson::Document document = parsed(line);
    std::string type = document["type"].GetString();
    (type == "printf" ? record : type == "map" ? map : summary) = std::move(document);
  }
  ASSERT_TRUE(record.IsObject()) << outcome;
  EXPECT_EQ(record["probe"].GetString(), "uprobe:" + program("traced") + ":traced_add");
  EXPECT_EQ(record["pid"].GetInt(), record["tid"].GetInt());
  ASSERT_TRUE(record["args"].IsArray());
  EXPECT_STREQ(record["args"][1].GetString(), "x");
  ASSERT_TRUE(map.IsObject()) << outcome;
  EXPECT_EQ(map["entries"][0]["value"].GetInt(), 7);
  EXPECT_STREQ(map["entries"][0]["key"][1].GetString(), "k");
  EXPECT_FALSE(map.HasMember("pid")) << "nobody's record";
  ASSERT_STREQ(summary["type"].GetString(), "summary");
  EXPECT_EQ(summary["data"]["events"].GetInt(), 1);
  EXPECT_EQ(summary["data"]["exit_code"].GetInt(), 0);
  EXPECT_GT(summary["data"]["duration_ns"].GetUint64(), 0u);
}

TEST_F(JsonTest, the_summary_counts_losses_and_the_exit_code) {
  Outcome outcome =
      run_script("config = { max_map_keys = 2 } BEGIN { for ($i : 0..5) { @[$i] = 1 } exit(3) }", {"--json-typed"});
  EXPECT_THAT(outcome.lines().back(),
              HasSubstr(R"("lost": {"events": 0, "helper_errors": 3, "stacks": 0, "runs": 0})"));
  EXPECT_THAT(outcome.lines().back(), HasSubstr(R"("exit_code": 3)"));
}

TEST_F(JsonTest, attached_probes_come_first) {
  Outcome outcome = run_script(R"(BEGIN { printf("x"); })", {"-f", "json"});
  EXPECT_THAT(outcome.lines(), ElementsAre(R"({"type": "attached_probes", "count": 1, "data": {"probes": 1}})",
                                           R"({"type": "printf", "data": "x"})"));
}

TEST_F(JsonTest, an_ordered_run_prints_all_and_by_time) {
  Outcome outcome =
      run_script("uprobe:" + program("traced") + R"(:traced_add { printf("%d\n", arg0) } END { printf("end\n") })",
                 {"--ordered", "--json-typed", "-c", traced("add 5000")});
  int64_t last = 0;
  size_t printed = 0;
  for (const std::string &line : outcome.lines()) {
    rapidjson::Document record = parsed(line);
    if (std::string(record["type"].GetString()) != "printf")
      continue;
    EXPECT_GE(record["time_ns"].GetInt64(), last);
    last = record["time_ns"].GetInt64();
    ++printed;
  }
  EXPECT_EQ(printed, 5001u) << outcome.err;
}

TEST_F(JsonTest, frames_of_stacks_are_not_indented) {
  Outcome outcome = run_script("config = { show_debug_info = 0 } uprobe:" + program("traced") +
                                   ":traced_add { @[ustack(1), 1] = count(); print(ustack(1)) }",
                               {"-f", "json", "-c", traced("add 1")});
  EXPECT_THAT(outcome.out, HasSubstr(R"({"type": "value", "data": "\ntraced_add+0\n"})")) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr(R"({"@": {"\ntraced_add+0\n,1": 1}})"));
}

// ---- folded ----

TEST_F(JsonTest, stacks_fold_into_lines_for_flame_graphs) {
  Outcome outcome = run_script("uprobe:" + program("traced") +
                                   R"(:traced_add { @[ustack, comm] = count(); @other = 1; printf("text\n") })",
                               {"-f", "folded", "-c", traced("add 7")});
  ASSERT_EQ(outcome.lines().size(), 1u) << outcome;
  EXPECT_THAT(outcome.lines()[0], testing::MatchesRegex("traced;(.*;)?traced_add 7"));
  EXPECT_THAT(outcome.err, HasSubstr("text\n"));
  EXPECT_THAT(outcome.err, HasSubstr("@other: 1\n"));
}

// As flame graph tools take a line apart: frames between semicolons, and a number behind the last space.
TEST_F(JsonTest, folded_lines_have_frames_and_a_number_whatever_is_in_names) {
  Outcome outcome =
      run_script("uprobe:" + program("traced") +
                     R"(:traced_add { @[kstack, "a;b c\nd", ustack] = count(); @sums[ustack(2)] = sum(5) })",
                 {"-f", "folded", "-c", traced("add 7")});
  uint64_t calls = 0, sums = 0;
  for (const std::string &line : outcome.lines()) {
    size_t space = line.rfind(' ');
    ASSERT_NE(space, std::string::npos) << line;
    ASSERT_FALSE(space + 1 == line.size() || line.find_first_not_of("0123456789", space + 1) != std::string::npos)
        << line;
    std::vector<std::string> frames;
    std::istringstream rest(line.substr(0, space));
    for (std::string frame; std::getline(rest, frame, ';'); frames.push_back(frame))
      EXPECT_FALSE(frame.empty()) << line;
    ASSERT_FALSE(frames.empty()) << line;
    bool has_label = frames.front() == "a:b c d";
    EXPECT_THAT(frames, testing::Contains("traced_add")) << line;
    EXPECT_TRUE(has_label || frames.back() == "traced_add") << line;
    (has_label ? calls : sums) += std::stoull(line.substr(space + 1));
  }
  EXPECT_EQ(calls, 7u) << outcome;
  EXPECT_EQ(sums, 35u) << outcome;
}

TEST_F(JsonTest, folding_needs_a_map_with_stacks) {
  Outcome outcome = run_script("BEGIN { @[pid] = count() }", {"-f", "folded"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("none is keyed by a stack"));
}

TEST_F(JsonTest, status_goes_to_standard_error_each_second) {
  Outcome outcome = run_script("interval:ms:100 { printf(\"x\\n\") } interval:ms:2500 { exit() }", {"--status"});
  EXPECT_THAT(outcome.err, testing::ContainsRegex("[0-9]+ events, [0-9]+/s, 0 lost\n[0-9]+ events, "));
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("events")));
}

}  // namespace
}  // namespace sonde::test
