// Starts the program of -c behind a pipe that holds it until the probes are attached.
#include "runtime/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "runtime/split_command.h"

namespace sonde::runtime {
namespace {

// Searched before forking, so that a wrong name is an error of the command line, not of a child.
Result<std::string> find_program(const std::string &name) {
  if (name.find('/') != std::string::npos) {
    if (access(name.c_str(), X_OK) != 0)
      return Error::from_errno("run", name, errno);
    return name;
  }
  const char *path = getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  for (;;) {
    size_t end = rest.find(':');
    std::string directory(rest.substr(0, end));
    std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0)
      return candidate;
    if (end == std::string_view::npos)
      return Error{"run", name, "no such program in PATH", {}, ENOENT};
    rest.remove_prefix(end + 1);
  }
}

// In the child, between fork and execve: only async-signal-safe calls.
[[noreturn]] void wait_and_execute(int release_fd, const char *path, char *const *arguments) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  char released = 0;
  ssize_t count;
  do
    count = read(release_fd, &released, 1);
  while (count < 0 && errno == EINTR);
  // The other end closed without a word: the tracer gave up or died.
  if (count != 1)
    _exit(125);
  execve(path, arguments, environ);
  _exit(errno == ENOENT ? 127 : 126);
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::start_stopped(const std::string &command) {
  auto words = split_command(command);
  if (!words)
    return words.error();
  auto path = find_program(words->front());
  if (!path)
    return path.error();
  int release[2];
  if (pipe2(release, O_CLOEXEC) != 0)
    return Error::from_errno("make a pipe for", words->front(), errno);
  std::vector<char *> arguments;
  for (std::string &word : *words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);

  pid_t pid = fork();
  if (pid == 0) {
    close(release[1]);
    wait_and_execute(release[0], path->c_str(), arguments.data());
  }
  int error = errno;
  close(release[0]);
  if (pid < 0) {
    close(release[1]);
    return Error::from_errno("start", words->front(), error);
  }
  int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  std::unique_ptr<ChildProcess> child(new ChildProcess(pid, pidfd, release[1]));
  if (pidfd < 0)
    return Error::from_errno("watch", words->front(), errno);
  return child;
}

ChildProcess::~ChildProcess() {
  if (release_fd_ >= 0)
    close(release_fd_);
  if (!reaped_) {
    kill(pid_, SIGKILL);
    wait();
  }
  if (pidfd_ >= 0)
    close(pidfd_);
}

Result<void> ChildProcess::resume() {
  ssize_t written = write(release_fd_, "x", 1);
  int error = errno;
  close(release_fd_);
  release_fd_ = -1;
  if (written != 1)
    return Error::from_errno("start", "the traced program", error);
  return {};
}

int ChildProcess::wait() {
  int status = 0;
  while (!reaped_ && waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR)
      break;
  reaped_ = true;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace sonde::runtime
