// Renders the builtin, provider and settings tables as Markdown.
#include "driver/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "base/text.h"
#include "builtins/builtin.h"
#include "image/config.h"
#include "probes/provider.h"

namespace sonde::driver {
namespace {

using builtins::Form;

// A '|' would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text)
    out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string builtin_table(std::initializer_list<Form> forms) {
  std::string out = "| | |\n| --- | --- |\n";
  for (const builtins::Builtin *row : builtins::all_builtins())
    if (std::find(forms.begin(), forms.end(), row->form) != forms.end())
      out += fmt::format("| `{}` | {} |\n", cell(row->signature), cell(row->summary));
  return out;
}

std::string values_table() { return builtin_table({Form::Value}); }
std::string functions_table() { return builtin_table({Form::Function, Form::Statement}); }
std::string aggregations_table() { return builtin_table({Form::Aggregation}); }

std::string providers_table() {
  std::string out = "| provider | short | written as | fires |\n| --- | --- | --- | --- |\n";
  for (const probes::Provider *row : probes::providers()) {
    std::string aliases;
    for (std::string_view alias : row->aliases())
      aliases += fmt::format("{}`{}`", aliases.empty() ? "" : ", ", alias);
    out += fmt::format("| {} | {} | `{}` | {} |\n", row->name(), aliases, cell(row->syntax()), cell(row->summary()));
  }
  return out;
}

std::string requirements_table() {
  std::string out = "| provider | needs from the kernel |\n| --- | --- |\n";
  for (const probes::Provider *row : probes::providers())
    out += fmt::format("| {} | {} |\n", row->name(), cell(row->needs()));
  return out;
}

std::string settings_table() {
  const image::Config defaults;
  std::string out = "| setting | default | | decided by |\n| --- | --- | --- | --- |\n";
  for (const image::ConfigKey &key : image::config_keys())
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.name, cell(key.get(defaults)), cell(key.summary),
                       key.is_of_run ? "run" : "build");
  return out;
}

struct Table {
  std::string_view name;
  std::string (*render)();
};
constexpr Table kTables[] = {
    {"values", values_table},       {"functions", functions_table},       {"aggregations", aggregations_table},
    {"providers", providers_table}, {"requirements", requirements_table}, {"settings", settings_table},
};

constexpr std::string_view kOpen = "<!-- generated: ";
constexpr std::string_view kClose = "<!-- end -->";

}  // namespace

std::string regenerate_tables(const std::string &page) {
  std::string out;
  const Table *inside = nullptr;
  for (std::string_view line : split(page, '\n')) {
    if (line == kClose)
      inside = nullptr;
    if (!inside)
      (out += line) += '\n';
    if (!line.starts_with(kOpen))
      continue;
    std::string_view name = line.substr(kOpen.size(), line.find(' ', kOpen.size()) - kOpen.size());
    auto row = std::find_if(std::begin(kTables), std::end(kTables), [&](const Table &t) { return t.name == name; });
    if (row != std::end(kTables)) {
      inside = row;
      out += row->render();
    }
  }
  out.pop_back();  // split() sees an empty line after the last newline
  return out;
}

}  // namespace sonde::driver
