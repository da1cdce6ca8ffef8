// Times whole runs of tracers side by side: wall time and peak memory of the same work, in turns, so that
// what else the machine does falls on all of them alike. Prints medians, spread and ratios.
//
//   bench [--runs N] --tool NAME=PROGRAM… GROUP…
//   bench --calls N KEYS          the work that some groups trace: N calls of close(), of KEYS numbers in turn
//
// The first tool is the one that the others are compared with.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Group {
  const char *name;
  const char *work;  // the row of the table
  std::vector<const char *> arguments;
  // Measured is the processor time that the run takes beyond one with these arguments, instead of wall time.
  std::vector<const char *> baseline = {};
  long events = 0;  // lines of output that there would be if nothing were lost; 0: not counted
  // The first tool runs what it built of the script behind -e; beside time and memory stands what lies on the disk.
  bool is_built = false;
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

const char kPrintCalls[] = R"(
tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 3/ { printf("%d %d\n", pid, args->args[0]); })";
const char kCountKeys[] = R"(
tracepoint:raw_syscalls:sys_enter /pid == cpid && args->id == 3/ { @[args->args[0]] = 1; })";

const char kTaskFields[] = R"(
BEGIN { printf("%d %d %s\n", curtask->pid, curtask->real_parent->tgid, curtask->comm); exit(); })";
const char kCountOpens[] = "tracepoint:syscalls:sys_enter_openat { @[comm] = count(); } interval:ms:1 { exit(); }";

constexpr unsigned kRunLimitSeconds = 20;

const Group kGroups[] = {
    {"start", "BEGIN { exit() }", {"-e", "BEGIN { exit() }"}},
    {"tracepoint", "openat @[comm], start to exit", {"-e", kCountOpens}},
    {"list", "-l 'tracepoint:*'", {"-l", "tracepoint:*"}},
    // The program is bench.sh's: 111 functions few_N and 2000 many_N.
    {"attach",
     "111 uprobes @[probe], start to exit",
     {"-e", "uprobe:./build/tests/functions:few_* { @[probe] = count(); } interval:ms:1 { exit(); }"}},
    {"attach",
     "2000 uprobes @, start to exit",
     {"-e", "uprobe:./build/tests/functions:many_* { @ = count(); } interval:ms:1 { exit(); }"}},
    {"compile", "opensnoop, compiled only", {"--dry-run", "-e", kOpensnoop}},
    {"print",
     "2 M printf events to a file",
     {"-q", "-e", kPrintCalls, "-c", "SELF --calls 2000000 1000"},
     {},
     2'000'000},
    {"dump",
     "100k keys printed at exit, CPU over 10 keys",
     {"-q", "-e", kCountKeys, "-c", "SELF --calls 100000 100000"},
     {"-q", "-e", kCountKeys, "-c", "SELF --calls 100000 10"}},
    {"build", "BEGIN { exit() }, built", {"-e", "BEGIN { exit() }"}, {}, 0, true},
    {"build", "fields of task_struct, built", {"-e", kTaskFields}, {}, 0, true},
    {"build", "openat @[comm], built", {"-e", kCountOpens}, {}, 0, true},
};

struct Tool {
  std::string name;
  std::string program;
};

struct Sample {
  double milliseconds;
  double mebibytes;  // peak resident set
  double lines = 0;  // of output, when they count
  double cpu_milliseconds = 0;
};

struct Series {
  std::vector<Sample> samples;
  int failures = 0;
};

std::string own_path() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return {path, length > 0 ? static_cast<size_t>(length) : 0};
}

// 0.17 has no --dry-run; its -d stops at the same place. SELF is this program.
std::vector<std::string> command(const Tool &tool, const std::vector<const char *> &arguments) {
  std::vector<std::string> words = {tool.program};
  for (std::string argument : arguments) {
    if (tool.name == "bpftrace-0.17" && argument == "--dry-run")
      argument = "-d";
    if (argument.rfind("SELF ", 0) == 0)
      argument.replace(0, std::strlen("SELF"), own_path());
    words.push_back(argument);
  }
  return words;
}

int make_calls(long count, long keys) {
  for (long i = 0; i < count; i++)
    close(static_cast<int>(1'000'000 + i % keys));
  return 0;
}

// Of the file that the last run wrote.
double count_lines(int fd) {
  static char buffer[1 << 20];
  double lines = 0;
  off_t at = 0;
  for (ssize_t got; (got = pread(fd, buffer, sizeof buffer, at)) > 0; at += got)
    lines += static_cast<double>(std::count(buffer, buffer + got, '\n'));
  return lines;
}

double milliseconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

// Output goes to `output`, or nowhere for -1.
Sample run(const std::vector<std::string> &words, int output, bool &ok) {
  std::vector<char *> argv;
  for (const std::string &word : words)
    argv.push_back(const_cast<char *>(word.c_str()));
  argv.push_back(nullptr);
  auto started = std::chrono::steady_clock::now();
  pid_t pid = fork();
  if (pid == 0) {
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(output >= 0 ? output : nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    // Ends a run that does not end by itself; it then counts as failed.
    alarm(kRunLimitSeconds);
    // The setting's name of 0.17 and that of later ones.
    setenv("BPFTRACE_MAP_KEYS_MAX", "200000", 1);
    setenv("BPFTRACE_MAX_MAP_KEYS", "200000", 1);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage = {};
  wait4(pid, &status, 0, &usage);
  std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - started;
  ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return {wall.count(), static_cast<double>(usage.ru_maxrss) / 1024, 0,
          milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)};
}

Sample run(const Tool &tool, const Group &group, bool &ok) {
  FILE *file = group.events > 0 ? tmpfile() : nullptr;
  Sample sample = run(command(tool, group.arguments), file ? fileno(file) : -1, ok);
  if (file) {
    // Two empty lines come before the maps.
    sample.lines = std::min(count_lines(fileno(file)), static_cast<double>(group.events));
    fclose(file);
  }
  if (!group.baseline.empty()) {
    bool baseline_ok = false;
    Sample baseline = run(command(tool, group.baseline), -1, baseline_ok);
    ok = ok && baseline_ok;
    sample.milliseconds = sample.cpu_milliseconds - baseline.cpu_milliseconds;
  }
  return sample;
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

// The program and the libraries that the dynamic loader opens for it.
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
    if (group.events > 0) {
      double printed = quantile(column(all[i], &Sample::lines), 0.5);
      std::printf("  printed %.2f M, lost %.2f M", printed / 1e6, (static_cast<double>(group.events) - printed) / 1e6);
    }
    if (group.is_built) {
      double on_disk = mebibytes_on_disk(tools[i].program);
      std::printf("  %.2f MiB on disk, %.3f", on_disk, mebibytes_on_disk(tools[0].program) / on_disk);
    }
    if (all[i].failures > 0)
      std::printf("  (%d runs failed)", all[i].failures);
    std::printf("\n");
  }
}

// The first tool as the executable that it makes of the group's script.
void replace_by_built(const Group &group, Tool &tool) {
  std::string path = own_path() + "_built";
  bool ok = false;
  run({tool.program, "build", group.arguments[0], group.arguments[1], "-o", path}, -1, ok);
  if (!ok)
    std::fprintf(stderr, "%s could not build: %s\n", tool.name.c_str(), group.work);
  tool = {tool.name + " built", ok ? path : "/nonexistent"};
}

void measure(const Group &group, std::vector<Tool> tools, int runs) {
  if (group.is_built)
    replace_by_built(group, tools[0]);
  std::vector<Series> all(tools.size());
  // Round 0 fills the page cache.
  for (int round = 0; round <= runs; round++)
    for (size_t i = 0; i < tools.size(); i++) {
      bool ok = false;
      Sample sample = group.is_built && i == 0 ? run({tools[i].program}, -1, ok) : run(tools[i], group, ok);
      if (!ok)
        all[i].failures++;
      else if (round > 0)
        all[i].samples.push_back(sample);
    }
  print_table(group, tools, all);
}

int usage() {
  std::fprintf(stderr, "usage: bench [--runs N] --tool NAME=PROGRAM... GROUP...\ngroups:");
  std::string last;
  for (const Group &group : kGroups)
    if (std::exchange(last, group.name) != group.name)
      std::fprintf(stderr, " %s", group.name);
  std::fprintf(stderr, "\n");
  return 2;
}

// Adds the rows of a group; false when there is none of that name.
bool add_group(const std::string &name, std::vector<const Group *> &groups) {
  size_t before = groups.size();
  for (const Group &group : kGroups)
    if (name == group.name)
      groups.push_back(&group);
  return groups.size() > before;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 4 && std::strcmp(argv[1], "--calls") == 0 && std::atol(argv[3]) > 0)
    return make_calls(std::atol(argv[2]), std::atol(argv[3]));
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
    } else if (!add_group(word, groups)) {
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
