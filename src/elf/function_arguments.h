// The parameters of a function and how it gets them, from debug information.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "types/type.h"

namespace sonde::elf {

struct Parameter {
  std::string name;
  std::string declaration;  // "struct point * p", for people
  Type type;                // none where a script cannot have its value: floating point
  bool is_on_stack = false;
  uint32_t first = 0;  // number of its first register for arguments, or of its first 8-byte word on the stack
};

struct FunctionArguments {
  std::vector<Parameter> parameters;
};

}  // namespace sonde::elf
