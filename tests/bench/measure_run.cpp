// fork, exec, wait4.
#include "measure_run.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace sonde::bench {
namespace {

double milliseconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

double milliseconds(const rusage &usage) { return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime); }

// Names the file into which the command of -c writes what processor time it took: that is not the tool's.
constexpr const char *kCommandCpu = "SONDE_BENCH_COMMAND_CPU";

double take_command_cpu_ms(const std::string &path) {
  double taken = 0;
  if (std::FILE *file = std::fopen(path.c_str(), "r")) {
    if (std::fscanf(file, "%lf", &taken) != 1)
      taken = 0;
    std::fclose(file);
  }
  unlink(path.c_str());
  return taken;
}

[[noreturn]] void become(std::vector<std::string> words, int output, unsigned limit_seconds) {
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDIN_FILENO);
  dup2(output >= 0 ? output : nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  alarm(limit_seconds);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Sample run(const std::vector<std::string> &words, int output, unsigned limit_seconds) {
  std::string command_cpu = "/tmp/sonde-bench-command." + std::to_string(getpid());
  setenv(kCommandCpu, command_cpu.c_str(), 1);
  double started = now_ms();
  pid_t pid = fork();
  if (pid == 0)
    become(words, output, limit_seconds);
  int status = 0;
  rusage usage = {};
  wait4(pid, &status, 0, &usage);
  Sample sample;
  sample.wall_ms = now_ms() - started;
  sample.is_ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  sample.was_ended = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
  sample.cpu_ms = milliseconds(usage) - take_command_cpu_ms(command_cpu);
  sample.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return sample;
}

void report_command_cpu() {
  const char *path = getenv(kCommandCpu);
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  if (std::FILE *file = path ? std::fopen(path, "w") : nullptr) {
    std::fprintf(file, "%.3f\n", milliseconds(usage));
    std::fclose(file);
  }
}

std::string own_path() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return {path, length > 0 ? static_cast<size_t>(length) : 0};
}

double now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double mebibytes_on_disk(const std::string &program) {
  double bytes = 0;
  auto add = [&](const std::string &path) {
    struct stat about = {};
    if (stat(path.c_str(), &about) == 0)
      bytes += static_cast<double>(about.st_size);
  };
  add(program);
  FILE *lines = popen(("ldd '" + program + "' 2>/dev/null").c_str(), "r");
  char line[4096];
  while (lines && fgets(line, sizeof line, lines)) {
    char path[4096];
    if (std::sscanf(line, "%*s => %4095s", path) == 1 && path[0] == '/')
      add(path);
  }
  if (lines)
    pclose(lines);
  return bytes / (1 << 20);
}

double count_lines(int fd) {
  static char buffer[1 << 20];
  double lines = 0;
  off_t at = 0;
  for (ssize_t got; (got = pread(fd, buffer, sizeof buffer, at)) > 0; at += got)
    lines += static_cast<double>(std::count(buffer, buffer + got, '\n'));
  return lines;
}

}  // namespace sonde::bench
