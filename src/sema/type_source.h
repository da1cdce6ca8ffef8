// Types and constants by name: those of the script's C first, then the kernel's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "cdefs/parse_c.h"
#include "kernel/kernel.h"

namespace sonde::sema {

class TypeSource {
public:
  // Without C in the script `definitions` is null; both must outlive this.
  TypeSource(kernel::Kernel &kernel, const cdefs::Definitions *definitions)
      : kernel_(kernel), definitions_(definitions) {}

  // The type that C gave this name, with a tag or without; null when it gave none.
  const Type *in_script(const std::string &name) const;
  // A struct, union or enum of that name (without a tag); nothing when there is none.
  Result<std::optional<Type>> type(const std::string &name);
  // An enumerator or macro of the script's C.
  std::optional<cdefs::Constant> constant(const std::string &name) const;

private:
  kernel::Kernel &kernel_;
  const cdefs::Definitions *definitions_;
  std::map<std::string, Result<std::optional<Type>>> known_;
};

}  // namespace sonde::sema
