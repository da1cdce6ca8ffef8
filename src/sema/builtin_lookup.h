// Names → rows of the builtin table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "builtins/builtin.h"

namespace sonde::sema {

class BuiltinLookup {
public:
  explicit BuiltinLookup(builtins::Table table);

  struct Match {
    const builtins::Builtin *builtin = nullptr;
    uint32_t number = 0;
  };
  // The builtin of that name; `arg3` is the numbered builtin `arg` with number 3.
  Match find(std::string_view name) const;
  // Names to compare a mistyped one with: those that take (), or those that do without.
  std::vector<std::string> names(bool callable) const;

private:
  builtins::Table table_;
  std::unordered_map<std::string_view, const builtins::Builtin *> by_name_;
};

}  // namespace sonde::sema
