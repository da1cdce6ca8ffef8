// Times whole runs of tracers side by side: wall time and peak memory of the same work, in turns, so that
// what else the machine does falls on all of them alike. Prints medians, spread and ratios.
//
//   bench [--runs N] --tool NAME=PROGRAM… GROUP…
//
// The first tool is the one that the others are compared with.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Group {
  const char *name;
  const char *work;  // the row of the table
  std::vector<const char *> arguments;
};

const char kOpensnoop[] = R"(
tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_openat { @filename[tid] = args->filename; }
tracepoint:syscalls:sys_exit_open, tracepoint:syscalls:sys_exit_openat /@filename[tid]/ {
  $ret = args->ret;
  $fd = $ret >= 0 ? $ret : -1;
  $errno = $ret >= 0 ? 0 : - $ret;
  printf("%-6d %-16s %4d %3d %s\n", pid, comm, $fd, $errno, str(@filename[tid]));
  delete(@filename[tid]);
}
END { clear(@filename); })";

constexpr unsigned kRunLimitSeconds = 20;

const Group kGroups[] = {
    {"start", "BEGIN { exit() }", {"-e", "BEGIN { exit() }"}},
    {"tracepoint",
     "openat @[comm], start to exit",
     {"-e", "tracepoint:syscalls:sys_enter_openat { @[comm] = count(); } interval:ms:1 { exit(); }"}},
    {"list", "-l 'tracepoint:*'", {"-l", "tracepoint:*"}},
    {"compile", "opensnoop, compiled only", {"--dry-run", "-e", kOpensnoop}},
};

struct Tool {
  std::string name;
  std::string program;
};

struct Sample {
  double milliseconds;
  double mebibytes;  // peak resident set
};

struct Series {
  std::vector<Sample> samples;
  int failures = 0;
};

// 0.17 has no --dry-run; its -d stops at the same place.
std::vector<std::string> command(const Tool &tool, const Group &group) {
  std::vector<std::string> words = {tool.program};
  for (const char *argument : group.arguments)
    words.push_back(tool.name == "bpftrace-0.17" && std::strcmp(argument, "--dry-run") == 0 ? "-d" : argument);
  return words;
}

Sample run(const std::vector<std::string> &words, bool &ok) {
  std::vector<char *> argv;
  for (const std::string &word : words)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  auto started = std::chrono::steady_clock::now();
  pid_t pid = fork();
  if (pid == 0) {
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    // Ends a run that does not end by itself; it then counts as failed.
    alarm(kRunLimitSeconds);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  wait4(pid, &status, 0, &usage);
  std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - started;
  ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return {wall.count(), static_cast<double>(usage.ru_maxrss) / 1024};
}

double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

std::vector<double> column(const Series &series, double Sample::*member) {
  std::vector<double> values;
  for (const Sample &sample : series.samples)
    values.push_back(sample.*member);
  return values;
}

void print_table(const Group &group, const std::vector<Tool> &tools, const std::vector<Series> &all) {
  std::printf("\n%s: %s\n", group.name, group.work);
  std::printf("  %-16s %10s %21s %8s %10s %8s\n", "", "median ms", "quartiles ms", "ratio", "RSS MiB", "ratio");
  double first_ms = 0, first_mib = 0;
  for (size_t i = 0; i < tools.size(); i++) {
    if (all[i].samples.empty()) {
      std::printf("  %-16s failed in every run\n", tools[i].name.c_str());
      continue;
    }
    std::vector<double> ms = column(all[i], &Sample::milliseconds);
    double median = quantile(ms, 0.5);
    double mib = quantile(column(all[i], &Sample::mebibytes), 0.5);
    if (i == 0) {
      first_ms = median;
      first_mib = mib;
    }
    std::printf("  %-16s %10.1f %10.1f %10.1f", tools[i].name.c_str(), median, quantile(ms, 0.25), quantile(ms, 0.75));
    // How much of a peer's time and memory the first tool takes.
    if (first_ms > 0)
      std::printf(" %8.2f %10.1f %8.2f", first_ms / median, mib, first_mib / mib);
    else
      std::printf(" %8s %10.1f %8s", "-", mib, "-");
    if (all[i].failures > 0)
      std::printf("  (%d runs failed)", all[i].failures);
    std::printf("\n");
  }
}

void measure(const Group &group, const std::vector<Tool> &tools, int runs) {
  std::vector<Series> all(tools.size());
  // Round 0 fills the page cache.
  for (int round = 0; round <= runs; round++)
    for (size_t i = 0; i < tools.size(); i++) {
      bool ok = false;
      Sample sample = run(command(tools[i], group), ok);
      if (!ok)
        all[i].failures++;
      else if (round > 0)
        all[i].samples.push_back(sample);
    }
  print_table(group, tools, all);
}

int usage() {
  std::fprintf(stderr, "usage: bench [--runs N] --tool NAME=PROGRAM... GROUP...\ngroups:");
  for (const Group &group : kGroups)
    std::fprintf(stderr, " %s", group.name);
  std::fprintf(stderr, "\n");
  return 2;
}

const Group *find_group(const std::string &name) {
  for (const Group &group : kGroups)
    if (name == group.name)
      return &group;
  return nullptr;
}

}  // namespace

int main(int argc, char **argv) {
  int runs = 11;
  std::vector<Tool> tools;
  std::vector<const Group *> groups;
  for (int i = 1; i < argc; i++) {
    std::string word = argv[i];
    bool has_value = i + 1 < argc;
    if (word == "--runs" && has_value) {
      runs = std::atoi(argv[++i]);
    } else if (word == "--tool" && has_value) {
      std::string tool = argv[++i];
      size_t equals = tool.find('=');
      if (equals == std::string::npos)
        return usage();
      tools.push_back({tool.substr(0, equals), tool.substr(equals + 1)});
    } else if (const Group *group = find_group(word)) {
      groups.push_back(group);
    } else {
      return usage();
    }
  }
  if (tools.empty() || runs < 1)
    return usage();
  if (groups.empty())
    for (const Group &group : kGroups)
      groups.push_back(&group);
  std::printf("%d runs each, in turns; ratio: %s / tool, below 1 is better for %s\n", runs, tools[0].name.c_str(),
              tools[0].name.c_str());
  for (const Group *group : groups) {
    measure(*group, tools, runs);
    std::fflush(stdout);
  }
}
