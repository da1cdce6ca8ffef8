// Functions of imported BPF C, as rows that stand beside the builtins'.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/result.h"
#include "builtins/builtin.h"
#include "kernel/kernel.h"

namespace sonde::builtins {

struct CFunction : Builtin {
  std::string own_name, own_signature;
  kernel::Prototype prototype;
};

class CFunctions {
public:
  CFunctions() = default;
  // Rows refer to their own names, which moving leaves where they are.
  CFunctions(CFunctions &&) = default;
  CFunctions &operator=(CFunctions &&) = default;
  // An Error says why scripts cannot have a function of that name.
  Result<void> add(const std::string &name, kernel::Prototype prototype);
  bool has(std::string_view name) const;
  // The builtins with these among them, by name; lives as long as this.
  Table with_builtins();

private:
  std::deque<CFunction> functions_;  // rows stay where they are
  std::vector<const Builtin *> rows_;
};

}  // namespace sonde::builtins
