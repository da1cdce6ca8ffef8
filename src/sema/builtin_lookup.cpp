// Finds builtins by name.
#include "sema/builtin_lookup.h"

#include <charconv>

namespace sonde::sema {

BuiltinLookup::BuiltinLookup(builtins::Table table) : table_(table) {
  for (const builtins::Builtin *builtin : table)
    by_name_.emplace(builtin->name, builtin);
}

BuiltinLookup::Match BuiltinLookup::find(std::string_view name) const {
  auto exact = by_name_.find(name);
  if (exact != by_name_.end() && !exact->second->is_numbered)
    return {exact->second, 0};
  size_t digits = name.find_last_not_of("0123456789") + 1;
  auto prefix = by_name_.find(name.substr(0, digits));
  if (digits == name.size() || prefix == by_name_.end() || !prefix->second->is_numbered)
    return {};
  uint32_t number = 0;
  auto status = std::from_chars(name.data() + digits, name.data() + name.size(), number).ec;
  return status == std::errc() ? Match{prefix->second, number} : Match{};
}

std::vector<std::string> BuiltinLookup::names(bool callable) const {
  std::vector<std::string> names;
  for (const builtins::Builtin *builtin : table_) {
    bool is_value = builtin->form == builtins::Form::Value;
    if (builtin->is_numbered)
      names.push_back(std::string(builtin->name) + "0");
    else if (callable || is_value)
      names.emplace_back(builtin->name);
  }
  return names;
}

}  // namespace sonde::sema
