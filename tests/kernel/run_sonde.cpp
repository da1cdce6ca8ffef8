// Sonde: starts sonde with pipes or terminals on its three standard files, feeds, signals, times and ends it.
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "harness.h"

namespace sonde::test {
namespace {

constexpr double kDefaultLimit = 20;
constexpr int kPollMs = 10;
constexpr double kRepeatSeconds = 0.1;

double time_limit() {
  const char *text = std::getenv("SONDE_TEST_SECONDS");
  return text ? std::atof(text) : kDefaultLimit;
}

// Two ends; of a terminal, which sonde writes to, the end to read is the emulator's.
struct Pipe {
  int read = -1;
  int write = -1;
  explicit Pipe(bool is_terminal = false) {
    int ends[2];
    if (is_terminal ? !open_terminal(ends) : pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2 or openpty failed");
    read = ends[0];
    write = ends[1];
  }
  static bool open_terminal(int (&ends)[2]) {
    termios settings{};
    cfmakeraw(&settings);
    winsize size{24, 80, 0, 0};
    return openpty(&ends[0], &ends[1], nullptr, &settings, &size) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
  }
  ~Pipe() {
    close_end(read);
    close_end(write);
  }
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  static void close_end(int &end) {
    if (end >= 0)
      close(end);
    end = -1;
  }
};

}  // namespace

std::string sonde_program() {
  const char *path = std::getenv("SONDE");
  return path ? path : SONDE_PROGRAM;
}

bool kernel_is_at_least(int major, int minor) {
  utsname names{};
  int has_major = 0, has_minor = 0;
  uname(&names);
  std::sscanf(names.release, "%d.%d", &has_major, &has_minor);
  return std::pair(has_major, has_minor) >= std::pair(major, minor);
}

std::string newer_kernel_needed(const Outcome &outcome) {
  size_t found = outcome.err.find(" needs Linux ");
  if (found == std::string::npos)
    return "";
  size_t start = outcome.err.rfind('\n', found) + 1;
  return outcome.err.substr(start, outcome.err.find('\n', found) - start);
}

// One started process and the state of its run.
class RunningProcess {
public:
  explicit RunningProcess(const Sonde &run)
      : run_(run), limit_(run.limit_.value_or(time_limit())), out_(run.out_is_terminal_), err_(run.err_is_terminal_) {
    start();
  }

  Outcome finish() {
    while (out_.read >= 0 || err_.read >= 0) {
      exchange();
      act_by_time();
    }
    wait_for_exit();
    outcome_.seconds = elapsed();
    return outcome_;
  }

private:
  void start() {
    pid_ = fork();
    if (pid_ < 0)
      throw std::runtime_error("fork failed");
    if (pid_ == 0)
      become_sonde();
    Pipe::close_end(in_.read);
    Pipe::close_end(out_.write);
    Pipe::close_end(err_.write);
    fcntl(in_.write, F_SETFL, O_NONBLOCK);
  }

  [[noreturn]] void become_sonde() {
    // A group of its own, so that whatever it starts can be ended with it.
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(in_.read, STDIN_FILENO);
    dup2(out_.write, STDOUT_FILENO);
    dup2(err_.write, STDERR_FILENO);
    for (const auto &[name, value] : run_.environment_)
      setenv(name.c_str(), value.c_str(), 1);
    if (!run_.directory_.empty() && chdir(run_.directory_.c_str()) != 0)
      _exit(126);
    if (run_.uid_ && (setgroups(0, nullptr) != 0 || setgid(*run_.uid_) != 0 || setuid(*run_.uid_) != 0))
      _exit(126);
    std::string path = run_.executable_.empty() ? sonde_program() : run_.executable_;
    std::vector<std::string> words = {path};
    words.insert(words.end(), run_.arguments_.begin(), run_.arguments_.end());
    std::vector<char *> argv;
    for (std::string &word : words)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(path.c_str(), argv.data());
    _exit(127);
  }

  void exchange() {
    pollfd files[] = {{is_stalled() ? -1 : out_.read, POLLIN, 0}, {err_.read, POLLIN, 0}, {in_.write, POLLOUT, 0}};
    if (poll(files, 3, kPollMs) <= 0)
      return;
    if (files[0].revents)
      take(out_.read, outcome_.out);
    if (files[1].revents)
      take(err_.read, outcome_.err);
    if (files[2].revents)
      give();
    act_by_text();
  }

  bool is_stalled() {
    if (run_.stall_ == 0 || outcome_.out.empty())
      return false;
    if (stalled_at_ < 0)
      stalled_at_ = elapsed();
    return elapsed() - stalled_at_ < run_.stall_ && !is_gone();
  }

  bool is_gone() const {
    siginfo_t about{};
    return waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOHANG | WNOWAIT) == 0 && about.si_pid == pid_;
  }

  void take(int &end, std::string &into) {
    char buffer[65536];
    ssize_t got = read(end, buffer, sizeof buffer);
    if (got > 0)
      into.append(buffer, static_cast<size_t>(got));
    else if (got == 0 || errno != EINTR)
      Pipe::close_end(end);
  }

  void give() {
    ssize_t gave = write(in_.write, run_.input_.data() + given_, run_.input_.size() - given_);
    if (gave > 0)
      given_ += static_cast<size_t>(gave);
    if (given_ == run_.input_.size() || (gave < 0 && errno != EAGAIN))
      Pipe::close_end(in_.write);
  }

  bool has_printed(const std::string &text) const {
    return outcome_.out.find(text) != std::string::npos || outcome_.err.find(text) != std::string::npos;
  }

  void act_by_text() {
    while (signals_sent_ < run_.signals_.size() && has_printed(run_.signals_[signals_sent_].text))
      kill(pid_, run_.signals_[signals_sent_++].signal);
    if (run_.close_after_ && outcome_.out.find(*run_.close_after_) != std::string::npos)
      Pipe::close_end(out_.read);
  }

  void act_by_time() {
    if (run_.timed_signal_ && !timed_signal_sent_ && elapsed() >= run_.timed_signal_->seconds) {
      kill(pid_, run_.timed_signal_->signal);
      timed_signal_sent_ = true;
    }
    if (run_.repeated_ && has_printed(run_.repeated_->text) && elapsed() >= next_repeat_ && !is_gone()) {
      kill(pid_, run_.repeated_->signal);
      next_repeat_ = elapsed() + kRepeatSeconds;
    }
    if (elapsed() > limit_ && !outcome_.timed_out) {
      outcome_.timed_out = true;
      kill(-pid_, SIGKILL);
    }
  }

  // Its outputs are closed; it may still be detaching.
  void wait_for_exit() {
    int status = 0;
    while (waitpid(pid_, &status, WNOHANG) == 0) {
      usleep(1000);
      act_by_time();
    }
    outcome_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (outcome_.timed_out) {
      // Its children died with it and are now ours.
      while (waitpid(-pid_, nullptr, 0) > 0) {
      }
    }
  }

  double elapsed() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count(); }

  const Sonde &run_;
  double limit_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Pipe in_, out_, err_;
  pid_t pid_ = -1;
  size_t given_ = 0;
  size_t signals_sent_ = 0;
  bool timed_signal_sent_ = false;
  double stalled_at_ = -1;
  double next_repeat_ = 0;
  Outcome outcome_;
};

Outcome Sonde::run() const { return RunningProcess(*this).finish(); }

}  // namespace sonde::test
