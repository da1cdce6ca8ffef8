// An option of a script, getopt(name, default, description), with its value.
#pragma once

#include <cstdint>
#include <string>

#include "types/type.h"

namespace sonde::sema {

struct ScriptOption {
  std::string name;         // without the "--"
  std::string description;  // may be empty
  Type type;                // bool, int64 or string
  int64_t number = 0;       // bool, int64
  std::string text;         // string
};

}  // namespace sonde::sema
