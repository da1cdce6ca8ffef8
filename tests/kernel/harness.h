// Runs sonde as a user does and looks at what it printed and left behind.
//
// The program under test is $SONDE, else the release build's. Every run has a time limit: $SONDE_TEST_SECONDS,
// else 20 s (a lab guest is 10 to 30 times slower than the machine it runs on).
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sonde::test {

struct Outcome {
  std::string out;  // standard output, to the byte
  std::string err;
  int status = 0;  // exit status, or 128 + signal
  bool timed_out = false;
  double seconds = 0;

  // `out` without the empty lines around it: sonde prints two when a run ends.
  std::string text() const;
  std::vector<std::string> lines() const;  // of text()
};

// Printed by failed expectations.
std::ostream &operator<<(std::ostream &os, const Outcome &outcome);

// One run, described and then started by run().
class Sonde {
public:
  explicit Sonde(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  Sonde &input(std::string text) { return input_ = std::move(text), *this; }
  Sonde &environment(const std::string &name, std::string value) {
    return environment_[name] = std::move(value), *this;
  }
  Sonde &directory(std::string path) { return directory_ = std::move(path), *this; }
  Sonde &seconds(double limit) { return limit_ = limit, *this; }
  // Once `text` was seen on either output, sends the signal. Several are sent in their order.
  Sonde &signal_after(std::string text, int signal) { return signals_.push_back({std::move(text), signal}), *this; }
  // Sends the signal that long after the start, whatever was printed.
  Sonde &signal_at(double seconds, int signal) { return timed_signal_ = {seconds, signal}, *this; }
  // Closes our end of standard output once `text` was seen on it: the next write meets SIGPIPE.
  Sonde &close_output_after(std::string text) { return close_after_ = std::move(text), *this; }
  // From the moment that `text` was seen on, sends the signal ten times a second until the process is gone.
  Sonde &signal_again_after(std::string text, int signal) { return repeated_ = {std::move(text), signal}, *this; }
  // Once something came on standard output, reads no more of it for so long, or until the process is gone.
  Sonde &stall_output(double seconds) { return stall_ = seconds, *this; }
  // Which of its outputs are a terminal (which changes no byte of what is written to it) instead of a pipe.
  Sonde &output_to_terminal() { return out_is_terminal_ = true, *this; }
  Sonde &errors_to_terminal() { return err_is_terminal_ = true, *this; }
  // Runs this program, one that sonde built, instead of sonde.
  Sonde &executable(std::string path) { return executable_ = std::move(path), *this; }
  // Runs as this user instead of root.
  Sonde &user(uint32_t uid) { return uid_ = uid, *this; }

  Outcome run() const;

private:
  struct SignalAfter {
    std::string text;
    int signal;
  };
  struct TimedSignal {
    double seconds;
    int signal;
  };
  friend class RunningProcess;

  std::vector<std::string> arguments_;
  std::string executable_;  // empty: sonde
  std::string input_;
  std::map<std::string, std::string> environment_;
  std::string directory_;
  std::optional<double> limit_;
  std::vector<SignalAfter> signals_;
  std::optional<TimedSignal> timed_signal_;
  std::optional<SignalAfter> repeated_;
  double stall_ = 0;
  bool out_is_terminal_ = false;
  bool err_is_terminal_ = false;
  std::optional<std::string> close_after_;
  std::optional<uint32_t> uid_;
};

// sonde -e SCRIPT ARGS…
Outcome run_script(const std::string &script, std::vector<std::string> more = {});

// Path of the program under test.
std::string sonde_program();

// Path of a program of tests/kernel/programs.
std::string program(const std::string &name);
// `-c` text that runs a mode of programs/traced.c: traced("add 3").
std::string traced(const std::string &mode);

// A file or folder below /tmp that ends with the object.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory &) = delete;
  TemporaryDirectory &operator=(const TemporaryDirectory &) = delete;
  const std::string &path() const { return path_; }
  std::string write(const std::string &name, const std::string &content) const;  // returns its path

private:
  std::string path_;
};

// Whether the running kernel is this version or newer.
bool kernel_is_at_least(int major, int minor);

// The error by which sonde says that a script needs a newer kernel; empty when there is none.
std::string newer_kernel_needed(const Outcome &outcome);

std::string read_file(const std::string &path);

// The sum of the numbers that the regular expression's first group matches.
uint64_t sum_of(const std::string &text, const std::string &pattern);

// A second program that a test watches; ended with the object.
class Bystander {
public:
  explicit Bystander(std::vector<std::string> command);
  ~Bystander();
  Bystander(const Bystander &) = delete;
  Bystander &operator=(const Bystander &) = delete;
  pid_t pid() const { return pid_; }

private:
  pid_t pid_;
};

// Every test that loads programs derives from this: it needs root and a kernel that takes BPF, and fails
// when a program or a process is left after the test.
class TracerTest : public ::testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

private:
  std::set<uint32_t> programs_before_;
};

// Tests that need tracepoints.
class TracepointTest : public TracerTest {
protected:
  void SetUp() override;
};

// Tests that need kprobes, which the development machines' kernel lacks.
class KprobeTest : public TracerTest {
protected:
  void SetUp() override;
};

// Tests that watch every process of the machine: only where the machine is ours, in the lab.
class WholeSystemTest : public TracerTest {
protected:
  void SetUp() override;
};

}  // namespace sonde::test
