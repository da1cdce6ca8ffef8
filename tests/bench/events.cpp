// What an event costs: for each row of a table, each tool traces the same calls, and the kernel's own statistics of the
// programs that it loaded say how long a run takes and how large they are.
//
//   events [--runs N] --tool NAME=PROGRAM…
//   events --work CALLS FILE      what is traced: calls of event_target() and close(), then the statistics into FILE
//
// The first tool is the one that the others are compared with. Times are nanoseconds a run above those of an empty
// program of the first tool, the least of the runs: what disturbs only adds. Sizes do not depend on the machine's load:
// instructions as the kernel keeps them after the verifier, and bytes of machine code.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

extern "C" __attribute__((noinline, used)) long event_target(long number, const char *text) {
  __asm__ volatile("" : : "r"(text));
  return number;
}

namespace {

constexpr long kCalls = 100'000;
constexpr unsigned kRunLimitSeconds = 60;

struct Row {
  const char *script;                  // TARGET: this program's path and the function
  std::vector<const char *> programs;  // what the table calls them, in the order of the script
};

const Row kRows[] = {
    {"uprobe:TARGET { @ = count() }", {"@ = count()"}},
    {"uprobe:TARGET { @[pid] = count() }", {"@[pid] = count()"}},
    {"uprobe:TARGET { @[comm] = count() }", {"@[comm] = count()"}},
    {"uprobe:TARGET { @ = hist(arg0) }", {"@ = hist(arg0)"}},
    {"uprobe:TARGET { @[ustack] = count() }", {"@[ustack] = count()"}},
    {"tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[args->id] = count() }",
     {"/pid == cpid/ { @[args.id] = count() }"}},
    {"uprobe:TARGET { @start[tid] = nsecs } uretprobe:TARGET { @ = hist(nsecs - @start[tid]); delete(@start[tid]) }",
     {"@start[tid] = nsecs", "hist of the difference, delete"}},
    {"uprobe:TARGET { @[pid, comm, arg0 & 1023] = count() }", {"@[pid, comm, arg0 & 1023] = count()"}},
    {"uprobe:TARGET { @[str(arg1)] = count() }", {"@[str(arg1)] = count()"}},
};
const Row kEmpty = {"uprobe:TARGET { if (arg0 < -1) { @ = 1 } }", {"nothing"}};

struct Tool {
  std::string name;
  std::string program;
};

struct Cost {
  double nanoseconds = INFINITY;
  unsigned instructions = 0;
  unsigned bytes = 0;
};

// ---- The work ----

int bpf(bpf_cmd command, bpf_attr &attr) { return static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof attr)); }

// Of the programs that are loaded, by id; ids grow.
std::map<unsigned, bpf_prog_info> loaded_programs() {
  std::map<unsigned, bpf_prog_info> programs;
  bpf_attr next{};
  while (bpf(BPF_PROG_GET_NEXT_ID, next) == 0) {
    bpf_attr open_it{};
    open_it.prog_id = next.start_id = next.next_id;
    int fd = bpf(BPF_PROG_GET_FD_BY_ID, open_it);
    if (fd < 0)
      continue;
    bpf_prog_info info{};
    bpf_attr ask{};
    ask.info.bpf_fd = static_cast<unsigned>(fd);
    ask.info.info_len = sizeof info;
    ask.info.info = reinterpret_cast<uintptr_t>(&info);
    if (bpf(BPF_OBJ_GET_INFO_BY_FD, ask) == 0)
      programs[next.next_id] = info;
    close(fd);
  }
  return programs;
}

// Writes a line "NANOSECONDS INSTRUCTIONS BYTES" for each program that ran at every call.
int work(long calls, const char *path) {
  auto before = loaded_programs();
  for (long i = 0; i < calls; i++) {
    event_target(i, "a text of a few words");
    close(-1);
  }
  auto after = loaded_programs();
  FILE *file = fopen(path, "w");
  if (!file)
    return 1;
  for (const auto &[id, info] : after) {
    unsigned long long runs = info.run_cnt - before[id].run_cnt;
    if (runs < static_cast<unsigned long long>(calls) * 9 / 10)
      continue;
    double nanoseconds = static_cast<double>(info.run_time_ns - before[id].run_time_ns) / static_cast<double>(runs);
    fprintf(file, "%.2f %u %u\n", nanoseconds, info.xlated_prog_len / 8, info.jited_prog_len);
  }
  return fclose(file);
}

// ---- The measuring ----

std::string own_path() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return {path, length > 0 ? static_cast<size_t>(length) : 0};
}

std::string with_target(std::string script) {
  const std::string word = "TARGET";
  for (size_t at; (at = script.find(word)) != std::string::npos;)
    script.replace(at, word.size(), own_path() + ":event_target");
  return script;
}

std::vector<Cost> read_costs(const std::string &path) {
  std::vector<Cost> costs;
  FILE *file = fopen(path.c_str(), "r");
  Cost cost;
  while (file && fscanf(file, "%lf %u %u", &cost.nanoseconds, &cost.instructions, &cost.bytes) == 3)
    costs.push_back(cost);
  if (file)
    fclose(file);
  return costs;
}

// One run; as many costs as the row has programs, or none when it failed.
std::vector<Cost> run(const Tool &tool, const Row &row) {
  std::string path = "/tmp/sonde-bench-events." + std::to_string(getpid());
  unlink(path.c_str());
  std::string script = with_target(row.script);
  std::string command = own_path() + " --work " + std::to_string(kCalls) + " " + path;
  pid_t pid = fork();
  if (pid == 0) {
    int nowhere = open("/dev/null", O_RDWR);
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      dup2(nowhere, fd);
    alarm(kRunLimitSeconds);
    execl(tool.program.c_str(), tool.program.c_str(), "-e", script.c_str(), "-c", command.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  std::vector<Cost> costs = read_costs(path);
  unlink(path.c_str());
  return costs.size() == row.programs.size() ? costs : std::vector<Cost>();
}

// The least of the runs, for each tool and each program of the row.
std::vector<std::vector<Cost>> measure(const Row &row, const std::vector<Tool> &tools, int runs) {
  std::vector<std::vector<Cost>> least(tools.size());
  for (int round = 0; round < runs; round++)
    for (size_t i = 0; i < tools.size(); i++) {
      std::vector<Cost> costs = run(tools[i], row);
      if (least[i].empty())
        least[i] = costs;
      for (size_t k = 0; k < std::min(least[i].size(), costs.size()); k++)
        if (costs[k].nanoseconds < least[i][k].nanoseconds)
          least[i][k] = costs[k];
    }
  return least;
}

void print_row(const Row &row, const std::vector<Tool> &tools, const std::vector<std::vector<Cost>> &costs,
               double empty) {
  for (size_t program = 0; program < row.programs.size(); program++) {
    std::printf("\nevent: %s\n", row.programs[program]);
    std::printf("  %-16s %10s %8s %14s %8s %8s\n", "", "ns above", "ratio", "instructions", "ratio", "bytes");
    double first_ns = 0, first_instructions = 0;
    for (size_t i = 0; i < tools.size(); i++) {
      if (costs[i].empty()) {
        std::printf("  %-16s failed in every run\n", tools[i].name.c_str());
        continue;
      }
      const Cost &cost = costs[i][program];
      double above = std::max(cost.nanoseconds - empty, 0.1);
      if (i == 0) {
        first_ns = above;
        first_instructions = cost.instructions;
      }
      std::printf("  %-16s %10.1f %8.2f %14u %8.2f %8u\n", tools[i].name.c_str(), above, first_ns / above,
                  cost.instructions, first_instructions / cost.instructions, cost.bytes);
    }
  }
  std::fflush(stdout);
}

int usage() {
  std::fprintf(stderr, "usage: events [--runs N] --tool NAME=PROGRAM...\n");
  return 2;
}

// While it is open, the kernel counts the runs of programs and their time.
int enable_statistics() {
  bpf_attr attr{};
  attr.enable_stats.type = BPF_STATS_RUN_TIME;
  return bpf(BPF_ENABLE_STATS, attr);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc == 4 && std::strcmp(argv[1], "--work") == 0)
    return work(std::atol(argv[2]), argv[3]);
  int runs = 5;
  std::vector<Tool> tools;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string word = argv[i], value = argv[i + 1];
    size_t equals = value.find('=');
    if (word == "--runs")
      runs = std::atoi(value.c_str());
    else if (word == "--tool" && equals != std::string::npos)
      tools.push_back({value.substr(0, equals), value.substr(equals + 1)});
    else
      return usage();
  }
  if (tools.empty() || runs < 1)
    return usage();
  if (enable_statistics() < 0) {
    std::perror("events: the kernel's statistics of programs");
    return 1;
  }
  std::vector<Tool> first = {tools[0]};
  std::vector<std::vector<Cost>> empty = measure(kEmpty, first, runs);
  if (empty[0].empty()) {
    std::fprintf(stderr, "events: %s does not run an empty program\n", tools[0].name.c_str());
    return 1;
  }
  std::printf("events: %d runs of %ld calls each, in turns; an empty program takes %.1f ns\n", runs, kCalls,
              empty[0][0].nanoseconds);
  for (const Row &row : kRows)
    print_row(row, tools, measure(row, tools, runs), empty[0][0].nanoseconds);
}
