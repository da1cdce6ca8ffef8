// Records are tuples whose fields have names: (pid=1, name="a").
#pragma once

#include <string>
#include <vector>

#include "types/type.h"

namespace sonde {

// The type of a record, or of a tuple where there are no names; else one for each element.
Type record_type(std::vector<Type> elements, const std::vector<std::string> &names);
bool is_record(const Type &type);
// Empty for tuples.
std::vector<std::string> record_names(const Type &type);

}  // namespace sonde
