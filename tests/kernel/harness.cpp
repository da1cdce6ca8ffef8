// The fixtures: what a test needs of the machine, and what it may not leave behind.
#include "harness.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <thread>

#include "loaded_programs.h"

namespace sonde::test {
namespace {

namespace fs = std::filesystem;

// Detaching a perf event waits for an RCU grace period, in a guest for several.
constexpr auto kUnloadLimit = std::chrono::seconds(10);
constexpr auto kPollInterval = std::chrono::milliseconds(20);

bool exists(const char *path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Programs that were not there before and that no process outside this test holds.
std::set<uint32_t> left_behind(const std::set<uint32_t> &before) {
  std::set<uint32_t> left;
  for (uint32_t id : loaded_programs())
    if (!before.contains(id))
      left.insert(id);
  if (!left.empty())
    for (uint32_t id : programs_held_by_processes())
      left.erase(id);
  return left;
}

// A command that waits for its start notices a moment later that its tracer is gone.
bool ends_soon(pid_t pid) {
  for (auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
       std::chrono::steady_clock::now() < deadline; std::this_thread::sleep_for(kPollInterval))
    if (waitpid(pid, nullptr, WNOHANG) == pid)
      return true;
  return false;
}

// Ends the processes that sonde left (they became ours) and returns the names of those that ran.
std::vector<std::string> end_children() {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (entry->path().filename().string().find_first_not_of("0123456789") != std::string::npos)
      continue;
    std::string stat = read_file(entry->path() / "stat");
    // pid (name) state parent …; the name may hold anything.
    size_t open = stat.find('('), close = stat.rfind(')');
    char state = 0;
    int parent = 0;
    if (close == std::string::npos || std::sscanf(stat.c_str() + close + 1, " %c %d", &state, &parent) != 2 ||
        parent != getpid())
      continue;
    pid_t pid = std::atoi(stat.c_str());
    if (!ends_soon(pid))
      names.push_back(stat.substr(open + 1, close - open - 1));
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return names;
}

}  // namespace

std::string Outcome::text() const {
  size_t from = out.find_first_not_of('\n');
  if (from == std::string::npos)
    return "";
  return out.substr(from, out.find_last_not_of('\n') - from + 1);
}

std::vector<std::string> Outcome::lines() const {
  std::vector<std::string> lines;
  std::istringstream stream(text());
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  return lines;
}

std::ostream &operator<<(std::ostream &os, const Outcome &outcome) {
  return os << "exit status " << outcome.status << (outcome.timed_out ? " (time limit)" : "") << " after "
            << outcome.seconds << " s\n--- stdout\n"
            << outcome.out << "--- stderr\n"
            << outcome.err << "---\n";
}

Outcome run_script(const std::string &script, std::vector<std::string> more) {
  std::vector<std::string> arguments = {"-e", script};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Sonde(std::move(arguments)).run();
}

std::string program(const std::string &name) { return std::string(SONDE_PROGRAMS_DIR) + "/" + name; }

std::string traced(const std::string &mode) { return program("traced") + " " + mode; }

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = "/tmp/sonde-test-XXXXXX";
  if (!mkdtemp(pattern.data()))
    throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string &name, const std::string &content) const {
  std::string file = path_ + "/" + name;
  std::ofstream(file, std::ios::binary) << content;
  return file;
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint64_t sum_of(const std::string &text, const std::string &pattern) {
  uint64_t sum = 0;
  std::regex expression(pattern);
  for (auto match = std::sregex_iterator(text.begin(), text.end(), expression); match != std::sregex_iterator();
       ++match)
    sum += std::stoull((*match)[1]);
  return sum;
}

Bystander::Bystander(std::vector<std::string> command) : pid_(fork()) {
  if (pid_ != 0)
    return;
  std::vector<char *> argv;
  for (std::string &word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

Bystander::~Bystander() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void TracerTest::SetUp() {
  if (geteuid() != 0)
    GTEST_SKIP() << "needs root: it loads BPF programs";
  programs_before_ = loaded_programs();
  // Processes that sonde leaves become our children, where TearDown finds them.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void TracerTest::TearDown() {
  if (IsSkipped())
    return;
  auto deadline = std::chrono::steady_clock::now() + kUnloadLimit;
  std::set<uint32_t> left = left_behind(programs_before_);
  while (!left.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPollInterval);
    left = left_behind(programs_before_);
  }
  EXPECT_THAT(left, ::testing::IsEmpty()) << "BPF programs stayed loaded after the test";

  std::vector<std::string> children = end_children();
  EXPECT_THAT(children, ::testing::IsEmpty()) << "processes ran on after the test";
}

void TracepointTest::SetUp() {
  TracerTest::SetUp();
  if (!IsSkipped() && !exists("/sys/kernel/tracing/events/syscalls"))
    GTEST_SKIP() << "needs tracefs with system call tracepoints at /sys/kernel/tracing";
}

void KprobeTest::SetUp() {
  TracerTest::SetUp();
  if (!IsSkipped() && !exists("/sys/bus/event_source/devices/kprobe"))
    GTEST_SKIP() << "this kernel has no kprobes";
}

void WholeSystemTest::SetUp() {
  TracerTest::SetUp();
  if (!IsSkipped() && !std::getenv("SONDE_LAB"))
    GTEST_SKIP() << "watches every process of the machine: runs in the lab only";
}

}  // namespace sonde::test

int main(int argc, char **argv) {
  ::testing::InitGoogleMock(&argc, argv);
  // Output that a test closes early must not end the whole suite.
  signal(SIGPIPE, SIG_IGN);
  return RUN_ALL_TESTS();
}
