// Puts the results of ./dev bench into a page.
//
//   write_table PAGE RECORDS DATE MACHINE LOAD KERNEL SONDE RUNS [GROUP]
//
// RECORDS has a line for each result, as keep() writes it. GROUP is given where they are not all of a group: "event:
// count latency".
#include <cstdio>
#include <fstream>
#include <sstream>

#include "performance_page.h"

namespace {

std::string read_file(const char *path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 9 && argc != 10) {
    std::fprintf(stderr, "usage: write_table PAGE RECORDS DATE MACHINE LOAD KERNEL SONDE RUNS [GROUP]\n");
    return 2;
  }
  sonde::bench::PageResults results = sonde::bench::parse_results(read_file(argv[2]));
  if (results.rows.empty()) {
    std::fprintf(stderr, "write_table: %s has no results\n", argv[2]);
    return 1;
  }
  sonde::bench::Row run = {{"when", argv[3]},   {"machine", argv[4]}, {"load", argv[5]},
                           {"kernel", argv[6]}, {"sonde", argv[7]},   {"runs", argv[8]}};
  if (argc == 10)
    run["group"] = argv[9];
  auto page = sonde::bench::with_results(read_file(argv[1]), results, run);
  if (!page) {
    std::fprintf(stderr, "write_table: %s lacks the marks of 'bench rows' or 'bench runs'\n", argv[1]);
    return 1;
  }
  std::ofstream file(argv[1]);
  file << *page;
  return file.flush() ? 0 : 1;
}
