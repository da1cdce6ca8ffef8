// What baseline.sh measured, against the file.
//
//   compare_baseline verdicts|update FILE KERNEL MEASURED SKIPPED BROKEN
//
// MEASURED has lines "NAME<TAB>NUMBER<TAB>UNIT", SKIPPED "FOLDER<TAB>REASON", BROKEN names. `verdicts` prints
// "pass|fail|skip<TAB>NAME<TAB>REASON"; `update` rewrites FILE.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "baseline.h"

namespace sonde::bench {
namespace {

std::string read_file(const char *path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Measured read_measured(char **arguments) {
  Measured measured;
  measured.kernel = arguments[0];
  std::string line;
  for (std::ifstream file(arguments[1]); std::getline(file, line);)
    measured.figures.merge(parse_baseline(line));
  for (std::ifstream file(arguments[2]); std::getline(file, line);)
    measured.skipped[line.substr(0, line.find('\t'))] = line.substr(line.find('\t') + 1);
  for (std::ifstream file(arguments[3]); std::getline(file, line);)
    measured.broken.insert(line);
  return measured;
}

int print_verdicts(const std::string &text, const Measured &measured) {
  const char *const kinds[] = {"pass", "fail", "skip"};
  for (const Verdict &verdict : compare(parse_baseline(text), measured))
    std::printf("%s\t%s\t%s\n", kinds[static_cast<int>(verdict.kind)], verdict.name.c_str(), verdict.why.c_str());
  return 0;
}

int update(const char *path, const std::string &text, const Measured &measured) {
  for (const std::string &name : measured.broken)
    std::fprintf(stderr, "compare_baseline: %s could not be measured\n", name.c_str());
  if (!measured.broken.empty())
    return 1;
  std::ofstream file(path);
  file << rewritten(text, measured);
  return file.flush() ? 0 : 1;
}

}  // namespace
}  // namespace sonde::bench

int main(int argc, char **argv) {
  using namespace sonde::bench;
  bool is_update = argc == 7 && std::strcmp(argv[1], "update") == 0;
  if (!is_update && !(argc == 7 && std::strcmp(argv[1], "verdicts") == 0)) {
    std::fprintf(stderr, "usage: compare_baseline verdicts|update FILE KERNEL MEASURED SKIPPED BROKEN\n");
    return 2;
  }
  std::string text = read_file(argv[2]);
  Measured measured = read_measured(argv + 3);
  return is_update ? update(argv[2], text, measured) : print_verdicts(text, measured);
}
