// The kernel's types as C declares them, for people to read.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace sonde::kernel {

class TypeDefinitions {
public:
  virtual ~TypeDefinitions() = default;
  // "struct path" → its definition, several lines without a newline at the end. Types of members are named only.
  virtual Result<std::string> text(const std::string &name) = 0;
};

// `path` is that of vmlinux' BTF.
Result<std::unique_ptr<TypeDefinitions>> open_type_definitions(const std::string &path);

}  // namespace sonde::kernel
