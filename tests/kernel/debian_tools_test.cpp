// The scripts that Debian ships with bpftrace of three versions, unedited: each compiles, loads and attaches on every
// kernel that has what it probes. One that no kernel of the lab has is a failure of `./dev test lab`.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <regex>
#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

namespace fs = std::filesystem;

struct Tool {
  std::string name;  // SUITE_TOOL
  std::string path;
};

void PrintTo(const Tool &tool, std::ostream *os) { *os << tool.path; }

std::vector<Tool> tools() {
  std::vector<Tool> all;
  std::error_code missing;
  for (const auto &entry : fs::recursive_directory_iterator(SONDE_DEBIAN_TOOLS_DIR, missing)) {
    const fs::path &path = entry.path();
    if (path.extension() != ".bt")
      continue;
    std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
    all.push_back({name, path.string()});
  }
  std::sort(all.begin(), all.end(), [](const Tool &a, const Tool &b) { return a.name < b.name; });
  return all;
}

// What a kernel (or a guest's libraries) may lack that a tool was written for.
bool is_of_the_kernel(const std::string &error) {
  static const std::regex kLacking("there is no (function|tracepoint|category)|could not find binary|kernel does not "
                                   "allow a probe there|matches '|the kernel has no |has no (field|argument)|"
                                   "there is no type|Unknown identifier: '[A-Z_0-9]+'");
  return std::regex_search(error, kLacking);
}

// The first error when the kernel is to blame for all of them; else nothing.
std::string lacking(const Outcome &outcome) {
  std::istringstream lines(outcome.err);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    size_t error = line.find("ERROR: ");
    if (error == std::string::npos)
      continue;
    if (!is_of_the_kernel(line))
      return "";
    if (first.empty())
      first = line.substr(error + 7);
  }
  return first;
}

class DebianToolTest : public WholeSystemTest, public ::testing::WithParamInterface<Tool> {};

TEST_P(DebianToolTest, loads) {
  Outcome outcome = Sonde({"--dry-run", GetParam().path}).run();
  std::string why = lacking(outcome);
  if (outcome.status == 0 || why.empty()) {
    EXPECT_EQ(outcome.status, 0) << outcome;
    return;
  }
  // The rest of the script is right all the same.
  Outcome rest = Sonde({"--dry-run", GetParam().path}).environment("BPFTRACE_MISSING_PROBES", "ignore").run();
  EXPECT_TRUE(rest.status == 0 || !lacking(rest).empty()) << rest;
  GTEST_SKIP() << why;
}

INSTANTIATE_TEST_SUITE_P(Debian, DebianToolTest, ::testing::ValuesIn(tools()),
                         [](const auto &tool) { return tool.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DebianToolTest);

}  // namespace
}  // namespace sonde::test
