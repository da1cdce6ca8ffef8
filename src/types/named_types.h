// Where the layouts of structs come from that a Type only names.
#pragma once

#include <optional>
#include <string>

#include "types/type.h"

namespace sonde {

class NamedTypes {
public:
  virtual ~NamedTypes() = default;
  // The struct, union or enum of that name with its layout, which lives as long as this; nothing when it is not known
  // here.
  virtual std::optional<Type> type(const std::string &name) = 0;
};

}  // namespace sonde
