// Folded stacks beside those of perf, which most flame graphs are made from: both watch the same run of a program whose
// shares are known (programs/flames.c).
#include <cmath>
#include <map>
#include <sstream>

#include "harness.h"

namespace sonde::test {
namespace {

// Samples per stack, from `main` inwards: "main;morning;dig" → 400.
using Profile = std::map<std::string, double>;

std::string from_main(const std::vector<std::string> &frames) {
  std::string path;
  for (const std::string &frame : frames)
    if (!path.empty() || frame == "main")
      path += (path.empty() ? "" : ";") + frame;
  return path;
}

// "flames;…;main;morning;dig 400" as -f folded prints it.
Profile folded_profile(const std::string &text) {
  Profile profile;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    size_t space = line.rfind(' ');
    if (space == std::string::npos)
      continue;
    std::vector<std::string> frames;
    std::istringstream rest(line.substr(0, space));
    for (std::string frame; std::getline(rest, frame, ';'); frames.push_back(frame)) {
    }
    profile[from_main(frames)] += std::stod(line.substr(space + 1));
  }
  return profile;
}

// Of `perf script -F ip,sym`: a line per frame, innermost first, an empty one behind each sample.
Profile perf_profile(const std::string &text) {
  Profile profile;
  std::vector<std::string> frames;
  std::istringstream lines(text + "\n");
  for (std::string line; std::getline(lines, line);) {
    std::string address, name;
    if (std::istringstream(line) >> address >> name)
      frames.insert(frames.begin(), name);
    else if (!frames.empty())
      profile[from_main(std::exchange(frames, {}))] += 1;
  }
  return profile;
}

void to_shares(Profile &profile) {
  double all = 0;
  for (const auto &[stack, samples] : profile)
    all += samples;
  for (auto &[stack, samples] : profile)
    samples /= all;
}

TEST_F(TracerTest, folded_stacks_have_the_shares_that_perf_finds) {
  const std::string perf = "/usr/bin/perf";
  TemporaryDirectory directory;
  std::string data = directory.path() + "/perf.data";
  Outcome able = Sonde({"record", "-q", "-e", "cpu-clock:u", "-o", data, "true"}).executable(perf).run();
  if (able.status != 0)
    GTEST_SKIP() << "perf is not here or cannot sample: " << able.err;

  std::string workload = program("flames") + " 1500";
  Outcome ours = Sonde({"-f", "folded", "-e", R"(profile:hz:997 /comm == "flames"/ { @[ustack] = count() })", "-c",
                        perf + " record -q -e cpu-clock:u -g -F 997 -o " + data + " " + workload})
                     .seconds(150)
                     .run();
  ASSERT_EQ(ours.status, 0) << ours;
  Outcome theirs = Sonde({"script", "-i", data, "-F", "ip,sym"}).executable(perf).seconds(60).run();
  ASSERT_EQ(theirs.status, 0) << theirs;

  Profile found = folded_profile(ours.out), wanted = perf_profile(theirs.out);
  to_shares(found);
  to_shares(wanted);
  const Profile known = {
      {"main;morning;dig", 0.4}, {"main;morning;rest", 0.1}, {"main;evening;dig", 0.2}, {"main;evening;read_on", 0.3}};
  for (const auto &[stack, share] : known) {
    EXPECT_NEAR(found[stack], wanted[stack], 0.08) << stack << "\n" << ours.out;
    EXPECT_NEAR(found[stack], share, 0.08) << stack << "\n" << ours.out;
  }
}

}  // namespace
}  // namespace sonde::test
