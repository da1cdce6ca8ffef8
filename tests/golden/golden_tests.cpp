// Finds the cases <stage>/<name>.bt, runs their stage and compares with <name>.out beside them.
//
// A case whose name starts with fail_ must produce errors, and no other may. With the environment
// variable SONDE_UPDATE_GOLDEN=1 the expected files are written instead; review the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "stages.h"

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool updating() {
  const char *value = std::getenv("SONDE_UPDATE_GOLDEN");
  return value && std::string_view(value) == "1";
}

class GoldenCase : public testing::Test {
public:
  GoldenCase(const golden::Stage &stage, fs::path script) : stage_(stage), script_(std::move(script)) {}

  void TestBody() override {
    golden::Outcome outcome = stage_.run(script_.filename().string(), read(script_));
    bool must_fail = script_.filename().string().starts_with("fail_");
    EXPECT_EQ(outcome.has_errors, must_fail) << script_ << " printed\n" << outcome.text;
    fs::path expected = fs::path(script_).replace_extension(".out");
    if (updating()) {
      std::ofstream(expected, std::ios::binary) << outcome.text;
      return;
    }
    ASSERT_TRUE(fs::exists(expected)) << expected << " is missing: run with SONDE_UPDATE_GOLDEN=1";
    EXPECT_EQ(read(expected), outcome.text) << script_ << " (SONDE_UPDATE_GOLDEN=1 accepts the new output)";
  }

private:
  const golden::Stage &stage_;
  fs::path script_;
};

std::vector<fs::path> files_with(const fs::path &directory, std::string_view extension) {
  std::vector<fs::path> found;
  for (const auto &entry : fs::directory_iterator(directory))
    if (entry.path().extension() == extension)
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

void register_stage(const golden::Stage &stage) {
  for (const fs::path &script : files_with(fs::path(SONDE_GOLDEN_DIR) / stage.directory, ".bt")) {
    std::string suite = "golden_" + std::string(stage.directory);
    testing::RegisterTest(suite.c_str(), script.stem().c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&stage, script]() -> GoldenCase * { return new GoldenCase(stage, script); });
  }
}

// An expected file without its script tests nothing, and a directory without a row in the table neither.
TEST(Golden, EveryFileBelongsToACase) {
  for (const auto &entry : fs::directory_iterator(SONDE_GOLDEN_DIR)) {
    if (!entry.is_directory())
      continue;
    std::string name = entry.path().filename();
    auto stages = golden::stages();
    EXPECT_TRUE(std::any_of(stages.begin(), stages.end(), [&](const auto &s) { return s.directory == name; }))
        << "no stage is called " << name;
    for (const fs::path &out : files_with(entry.path(), ".out"))
      EXPECT_TRUE(fs::exists(fs::path(out).replace_extension(".bt"))) << out << " has no script";
  }
}

}  // namespace

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  for (const golden::Stage &stage : golden::stages())
    if (fs::exists(fs::path(SONDE_GOLDEN_DIR) / stage.directory))
      register_stage(stage);
  return RUN_ALL_TESTS();
}
