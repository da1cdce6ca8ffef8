// Types as scripts write them, and kernel types by name.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "ast/ast.h"
#include "kernel/kernel.h"
#include "sema/reporter.h"
#include "types/type.h"

namespace sonde::sema {

class TypeNames {
public:
  TypeNames(kernel::Kernel &kernel, Reporter &reporter) : kernel_(kernel), reporter_(reporter) {}

  // The type that `name` stands for; pointers point into `space`, strings without a size have
  // `string_size` bytes. None after a report.
  Type resolve(const ast::TypeName &name, AddressSpace space, uint32_t string_size);
  // `type` with its fields, asked of the kernel where they are missing; reports at `where` what has none.
  Type complete(const Type &type, Location where);

private:
  Type base_type(const ast::TypeName &name, uint32_t string_size);
  // A struct, union or enum of the kernel; None after a report.
  Type kernel_type(const std::string &name, Location where);

  kernel::Kernel &kernel_;
  Reporter &reporter_;
  std::unordered_map<std::string, Result<std::optional<Type>>> known_;
};

}  // namespace sonde::sema
