// Figures of the programs that sonde makes of the event rows and of scripts, for the baseline.
//
//   baseline_programs SONDE TARGET SCRIPT…    prints "NAME<TAB>NUMBER<TAB>UNIT" for each figure
//   baseline_programs --report FILE           what the runs start: writes down what their tracer has loaded
//
// Of each program: the instructions of the object that was compiled, those that the kernel keeps after the verifier,
// and those that the verifier looked at, which is what loading takes. A script that this kernel cannot run is told on
// standard error, and the exit status is 1.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "event_rows.h"
#include "program_figures.h"

namespace sonde::bench {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kRunLimitSeconds = 30;

// The tracer started us.
int report(const char *path) {
  std::ofstream file(path);
  for (const ProgramFigures &program : programs_of(getppid()))
    file << program.name << ' ' << program.instructions << ' ' << program.verified << '\n';
  return file.flush() ? 0 : 1;
}

struct Run {
  bool is_ok = false;
  std::string messages;
  std::string loaded;  // by report()
};

std::string read_file(const fs::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Run run(const std::string &sonde, const std::vector<std::string> &script, const fs::path &folder) {
  fs::path messages = folder / "messages", loaded = folder / "loaded";
  std::string command = fs::read_symlink("/proc/self/exe").string() + " --report " + loaded.string();
  std::vector<std::string> words = {sonde, "-v", "-q", "-c", command};
  words.insert(words.end(), script.begin(), script.end());
  std::vector<char *> argv;
  for (std::string &word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = fork();
  if (pid == 0) {
    int nowhere = open("/dev/null", O_RDWR);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
    alarm(kRunLimitSeconds);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, read_file(messages), read_file(loaded)};
}

// "loaded FUNCTION (SECTION): N instructions, …" of -v, in the order of the script.
std::vector<std::pair<std::string, unsigned>> object_programs(const std::string &messages) {
  std::vector<std::pair<std::string, unsigned>> programs;
  std::istringstream lines(messages);
  for (std::string line; std::getline(lines, line);) {
    char function[256];
    unsigned count = 0;
    if (std::sscanf(line.c_str(), "loaded %255s %*[^:]: %u instructions", function, &count) == 2)
      programs.emplace_back(function, count);
  }
  return programs;
}

// By name as the kernel cuts it, in the order in which they were loaded.
std::multimap<std::string, std::pair<unsigned, unsigned>> kernel_programs(const std::string &loaded) {
  std::multimap<std::string, std::pair<unsigned, unsigned>> programs;
  std::istringstream words(loaded);
  std::string name;
  for (unsigned instructions = 0, verified = 0; words >> name >> instructions >> verified;)
    programs.emplace(name, std::pair(instructions, verified));
  return programs;
}

bool print_figures(const std::string &row, const Run &run) {
  auto in_kernel = kernel_programs(run.loaded);
  auto in_object = object_programs(run.messages);
  for (const auto &[function, instructions] : in_object) {
    auto [found, last] = in_kernel.equal_range(function.substr(0, 15));
    if (found == last)
      return false;
    auto [kept, verified] = found->second;
    in_kernel.erase(found);
    const std::pair<const char *, unsigned> figures[] = {
        {"compiled", instructions}, {"kept", kept}, {"verified", verified}};
    for (const auto &[what, number] : figures)
      std::printf("%s/%s/%s\t%u\tBPF instructions\n", row.c_str(), function.c_str(), what, number);
  }
  return !in_object.empty();
}

int print_all(const std::string &sonde, const std::string &target, const std::vector<std::string> &scripts) {
  char pattern[] = "/tmp/sonde-baseline.XXXXXX";
  if (!mkdtemp(pattern))
    return std::perror("baseline_programs: mkdtemp"), 1;
  fs::path folder = pattern;
  int status = 0;
  auto measure = [&](const std::string &name, const std::vector<std::string> &script) {
    fs::remove(folder / "loaded");
    Run done = run(sonde, script, folder);
    if (done.is_ok && print_figures(name, done))
      return;
    std::fprintf(stderr, "%s\n%s", name.c_str(), done.messages.c_str());
    status = 1;
  };
  measure("event/empty", {"-e", with_target(empty_row().script, target)});
  for (const EventRow &row : event_rows())
    measure(std::string("event/") + row.name, {"-e", with_target(row.script, target)});
  for (const std::string &script : scripts)
    measure("example/" + fs::path(script).stem().string(), {script});
  fs::remove_all(folder);
  return status;
}

}  // namespace
}  // namespace sonde::bench

int main(int argc, char **argv) {
  if (argc == 3 && std::strcmp(argv[1], "--report") == 0)
    return sonde::bench::report(argv[2]);
  if (argc < 3) {
    std::fprintf(stderr, "usage: baseline_programs SONDE TARGET SCRIPT...\n");
    return 2;
  }
  return sonde::bench::print_all(argv[1], argv[2], {argv + 3, argv + argc});
}
