// Types as scripts write them.
#pragma once

#include <optional>
#include <string>

#include "ast/ast.h"
#include "sema/reporter.h"
#include "sema/type_source.h"
#include "types/type.h"

namespace sonde::sema {

class TypeNames {
public:
  TypeNames(TypeSource &source, Reporter &reporter) : source_(source), reporter_(reporter) {}

  // The type that `name` stands for; pointers point into `space`, strings without a size have
  // `string_size` bytes. None after a report.
  Type resolve(const ast::TypeName &name, AddressSpace space, uint32_t string_size);
  // The same of a name whose base, what stands before its stars and brackets, is already known.
  Type derive(Type base, const ast::TypeName &name, AddressSpace space);
  // `type` with its fields, looked up where they are missing; reports at `where` what has none.
  Type complete(const Type &type, Location where);

private:
  Type base_type(const ast::TypeName &name, uint32_t string_size);
  // A type that C or the kernel define; None after a report.
  Type defined_type(const std::string &name, Location where);

  TypeSource &source_;
  Reporter &reporter_;
};

}  // namespace sonde::sema
