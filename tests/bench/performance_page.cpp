// Markdown tables in and out.
#include "performance_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace sonde::bench {
namespace {

const Cells kFirstColumns = {"of its bar", "group", "work", "unit", "bar"};
const Cells kLastColumns = {"quartiles", "to the best peer", "why it misses"};
const Cells kNames = {"group", "work", "unit"};  // together a row's own
const Cells kRunColumns = {"group", "when", "runs", "machine", "load", "kernel", "sonde"};

Cells split(const std::string &text, const std::string &separator) {
  Cells cells;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos; from = at + separator.size())
    cells.push_back(text.substr(from, at - from));
  cells.push_back(text.substr(from));
  return cells;
}

// Small numbers are told apart by their decimals.
std::string number(double value) {
  if (std::isnan(value))
    return "-";
  if (std::isinf(value))
    return "past a minute";
  char text[64];
  std::snprintf(text, sizeof text, std::fabs(value) < 10 ? "%.2f" : "%.1f", value);
  return text;
}
std::string number(const std::string &text) { return number(std::strtod(text.c_str(), nullptr)); }

// ---- Tables of a page ----

struct Table {
  Cells columns;
  std::vector<Row> rows;
};

// "| a | b |" → {"a", "b"}
Cells cells_of(const std::string &line) {
  if (line.size() < 4)
    return {};
  return split(line.substr(2, line.size() - 4), " | ");
}

Table parse_table(const std::string &text) {
  Table table;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ") || line.starts_with("| ---"))
      continue;
    Cells cells = cells_of(line);
    if (table.columns.empty()) {
      table.columns = cells;
      continue;
    }
    Row row;
    for (size_t i = 0; i < std::min(cells.size(), table.columns.size()); i++)
      row[table.columns[i]] = cells[i];
    table.rows.push_back(row);
  }
  return table;
}

std::string line_of(const Cells &cells) {
  std::string line = "|";
  for (const std::string &cell : cells)
    line += " " + cell + " |";
  return line + "\n";
}

std::string text_of(const Table &table) {
  std::string text = line_of(table.columns) + line_of(Cells(table.columns.size(), "---"));
  for (const Row &row : table.rows) {
    Cells cells;
    for (const std::string &column : table.columns) {
      auto found = row.find(column);
      cells.push_back(found == row.end() || found->second.empty() ? "-" : found->second);
    }
    text += line_of(cells);
  }
  return text;
}

// What lies between the marks; nothing when the page has none.
struct Place {
  size_t begin, length;
};
std::optional<Place> find_place(const std::string &page, const std::string &name) {
  std::string begin_mark = "<!-- " + name + ": begin -->\n", end_mark = "<!-- " + name + ": end -->";
  size_t begin = page.find(begin_mark);
  if (begin == std::string::npos)
    return std::nullopt;
  begin += begin_mark.size();
  size_t end = page.find(end_mark, begin);
  if (end == std::string::npos)
    return std::nullopt;
  return Place{begin, end - begin};
}

// ---- Results ----

// A bar would end the cell.
std::string code(const std::string &text) {
  std::string escaped;
  for (char c : text)
    escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return "`" + escaped + "`";
}

// In the order of keep().
Row row_of(const Cells &parts) {
  Row row = {{"group", parts[0]},
             {"work", code(parts[1])},
             {"unit", parts[2]},
             {"why it misses", std::strtod(parts[4].c_str(), nullptr) > 1 ? parts[3] : ""},
             {"of its bar", number(parts[4])},
             {"bar", number(parts[5])}};
  row["quartiles"] = parts[7] == parts[8] ? "" : number(parts[7]) + " to " + number(parts[8]);
  for (size_t i = 9; i < parts.size(); i++) {
    size_t equals = parts[i].find('=');
    row[parts[i].substr(0, equals)] = number(parts[i].substr(equals + 1));
  }
  double ours = std::strtod(parts[9].substr(parts[9].find('=') + 1).c_str(), nullptr);
  row["to the best peer"] = number(ours / std::strtod(parts[6].c_str(), nullptr));
  return row;
}

// "event: count latency" is a run of some of the group's rows.
void drop_groups(Table &table, const std::set<std::string> &groups) {
  std::erase_if(table.rows, [&](const Row &row) {
    auto group = row.find("group");
    return group == row.end() || groups.count(group->second.substr(0, group->second.find(':'))) > 0;
  });
}

void drop_rows(Table &table, const std::vector<Row> &measured) {
  auto is_same = [](const Row &a, const Row &b) {
    return std::all_of(kNames.begin(), kNames.end(), [&](const std::string &name) {
      return a.count(name) > 0 && b.count(name) > 0 && a.at(name) == b.at(name);
    });
  };
  std::erase_if(table.rows, [&](const Row &row) {
    return std::any_of(measured.begin(), measured.end(), [&](const Row &other) { return is_same(row, other); });
  });
}

// What failed comes first, what has no bar last.
double nearness(const Row &row) {
  const std::string &share = row.at("of its bar");
  if (share == "-")
    return row.at("bar") == "-" ? -1 : INFINITY;
  char *end = nullptr;
  double value = std::strtod(share.c_str(), &end);
  return end == share.c_str() ? INFINITY : value;
}

bool contains(const Cells &cells, const std::string &cell) {
  return std::find(cells.begin(), cells.end(), cell) != cells.end();
}

// Those of the results, then those that only older rows have.
Cells tool_columns(const Table &old, const PageResults &results) {
  Cells tools = results.tools;
  for (const std::string &column : old.columns)
    if (!contains(kFirstColumns, column) && !contains(kLastColumns, column) && !contains(tools, column))
      tools.push_back(column);
  return tools;
}

std::string rows_table(const std::string &old, const PageResults &results, bool is_whole) {
  Table table = parse_table(old);
  if (is_whole)
    drop_groups(table, results.groups);
  else
    drop_rows(table, results.rows);
  Cells tools = tool_columns(table, results);
  table.columns = kFirstColumns;
  table.columns.insert(table.columns.end(), tools.begin(), tools.end());
  table.columns.insert(table.columns.end(), kLastColumns.begin(), kLastColumns.end());
  table.rows.insert(table.rows.end(), results.rows.begin(), results.rows.end());
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const Row &a, const Row &b) { return nearness(a) > nearness(b); });
  return text_of(table);
}

std::string runs_table(const std::string &old, const PageResults &results, const Row &run) {
  Table table = parse_table(old);
  table.columns = kRunColumns;
  if (run.count("group") > 0) {
    std::erase_if(table.rows, [&](const Row &row) { return row.at("group") == run.at("group"); });
    table.rows.push_back(run);
  } else {
    drop_groups(table, results.groups);
    for (const std::string &group : results.groups) {
      table.rows.push_back(run);
      table.rows.back()["group"] = group;
    }
  }
  std::stable_sort(table.rows.begin(), table.rows.end(),
                   [](const Row &a, const Row &b) { return a.at("group") < b.at("group"); });
  return text_of(table);
}

}  // namespace

PageResults parse_results(const std::string &text) {
  PageResults results;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Cells parts = split(line, "\t");
    if (parts.size() < 10)
      continue;
    results.groups.insert(parts[0]);
    results.rows.push_back(row_of(parts));
    for (size_t i = 9; i < parts.size(); i++) {
      std::string tool = parts[i].substr(0, parts[i].find('='));
      if (std::count(results.tools.begin(), results.tools.end(), tool) == 0)
        results.tools.push_back(tool);
    }
  }
  return results;
}

std::optional<std::string> with_results(const std::string &page, const PageResults &results, const Row &run) {
  std::string text = page;
  for (const char *name : {"bench rows", "bench runs"}) {
    auto place = find_place(text, name);
    if (!place)
      return std::nullopt;
    std::string old = text.substr(place->begin, place->length);
    text.replace(place->begin, place->length,
                 std::string(name) == "bench rows" ? rows_table(old, results, run.count("group") == 0)
                                                   : runs_table(old, results, run));
  }
  return text;
}

}  // namespace sonde::bench
