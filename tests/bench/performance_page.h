// The tables of docs/performance.md, which ./dev bench writes between marks; rows of groups that were not measured
// stay.
//
// "<!-- bench rows: begin -->" to "<!-- bench rows: end -->": rows that miss their bar first, then those that are
// nearest to it. "bench runs", the same way: when and where each group was measured.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace sonde::bench {

using Cells = std::vector<std::string>;
// Cells by the heads of their columns: a page may have been written with other tools.
using Row = std::map<std::string, std::string>;

struct PageResults {
  std::vector<Row> rows;
  std::set<std::string> groups;
  Cells tools;  // in their order
};

// Lines as keep() writes them; others are left out.
PageResults parse_results(const std::string &text);

// The page with the results in it. `run` has the cells of "when", "runs", "machine", "kernel" and "sonde". Nothing when
// the page lacks the marks.
// With a "group" in it ("event: count latency") the results are those of some of its rows, and the others stay.
std::optional<std::string> with_results(const std::string &page, const PageResults &results, const Row &run);

}  // namespace sonde::bench
