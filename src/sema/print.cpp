// The analysis as text, for `-d types`: units with their trees, then maps, then events.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "ast/print.h"
#include "sema/analyze.h"

namespace sonde::sema {
namespace {

// A wildcard may match thousands.
constexpr size_t kShownTargets = 8;

constexpr std::array kEventNames{"printf", "time",   "join",   "print value", "print map", "print map entry",
                                 "clear",  "zero",   "exit",   "cat",         "system",    "errorf",
                                 "warnf",  "assert", "packet", "unwatch"};
static_assert(kEventNames.size() == static_cast<size_t>(image::EventKind::Unwatch) + 1);
constexpr std::array kStorageNames{"hash", "lruhash", "percpuhash", "percpulruhash", "array", "percpuarray", "table"};
static_assert(kStorageNames.size() == static_cast<size_t>(image::MapStorage::Table) + 1);

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text)
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  return out + "\"";
}

std::string header(const Unit &unit) {
  std::vector<std::string_view> names;
  for (const image::Target &target : unit.targets)
    if (names.size() < kShownTargets)
      names.push_back(target.name);
  std::string out = fmt::format("program {}: {}", unit.function, fmt::join(names, ", "));
  if (unit.targets.size() > names.size())
    out += fmt::format(" and {} more", unit.targets.size() - names.size());
  return out + (unit.needs_cookie ? " (asks for its target's name)" : "") + "\n";
}

std::string annotation(const Unit &unit, const ast::Expr &expr) {
  const ExprInfo &info = unit.info(expr);
  return info.type.is_none() ? std::string() : fmt::format(" :: [{}]", to_string(info.type));
}

std::string map_line(const image::MapSpec &map) {
  std::string key = map.is_scalar() ? "" : fmt::format("[{}]", to_string(map.key));
  std::string room = map.is_scalar() ? "" : fmt::format("({})", map.max_entries);
  return fmt::format("map {}{}: {}, {}{}{}\n", map.name, key, to_string(map.value),
                     kStorageNames[static_cast<size_t>(map.storage)], room,
                     map.has_task_slots ? ", a slot for each thread" : "");
}

std::string event_line(const Analysis &analysis, size_t index) {
  const image::EventSpec &event = analysis.events[index];
  std::string out = fmt::format("event {}: {}", index, kEventNames[static_cast<size_t>(event.kind)]);
  if (!event.format.empty())
    out += " " + quoted(event.format);
  if (event.map)
    out += " " + analysis.maps[*event.map].name;
  out += fmt::format(", {} bytes", event.size);
  for (const image::EventField &field : event.fields)
    out += fmt::format(", {} at {}", to_string(field.type), field.offset);
  return out + "\n";
}

}  // namespace

std::string print(const Analysis &analysis) {
  std::string out;
  for (const Unit &unit : analysis.units)
    out += header(unit) + ast::print(*unit.probe, [&](const ast::Expr &expr) { return annotation(unit, expr); });
  for (const image::MapSpec &map : analysis.maps)
    out += map_line(map);
  for (size_t i = 0; i < analysis.events.size(); ++i)
    out += event_line(analysis, i);
  return out;
}

}  // namespace sonde::sema
