// Types and constants by name: those of the script's C first, then the kernel's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cdefs/parse_c.h"
#include "kernel/kernel.h"
#include "types/named_types.h"

namespace sonde::sema {

class TypeSource {
public:
  // Without C in the script `definitions` is null; both must outlive this.
  TypeSource(kernel::Kernel &kernel, const cdefs::Definitions *definitions)
      : kernel_(kernel), definitions_(definitions) {}

  // The type that C gave this name, with a tag or without; null when it gave none, or one that stands for the
  // kernel's (kernel::without_flavour).
  const Type *in_script(const std::string &name) const;
  // A struct, union or enum of that name (without a tag); nothing when there is none.
  Result<std::optional<Type>> type(const std::string &name);
  // Whether it is the kernel that knows the type, and not the script or a traced program.
  bool is_of_kernel(const std::string &name);
  // Why the kernel's struct lacks a field that the flavour of that name has; empty when it does not.
  std::string flavour_problem(const std::string &flavour, const std::string &field) const;
  // The fields along a way from the kernel's struct, as it has them or else as a flavour describes them. Nothing when
  // neither knows.
  std::optional<std::vector<Field>> way(const std::string &type, const std::string &fields);
  struct NamedConstant {
    cdefs::Constant value;
    Type type;  // of enumerators: their Enum, where it is known; else None
    bool is_of_kernel = false;
  };
  // Types of traced programs, which go before the kernel's of the same name.
  void add(std::shared_ptr<NamedTypes> types) { of_programs_.push_back(std::move(types)); }
  // An enumerator or macro of the script's C, or an enumerator of the kernel's.
  std::optional<NamedConstant> constant(const std::string &name);

private:
  const Type *flavour(const std::string &name) const;
  Result<std::optional<Type>> flavour_type(const Type &described);
  Result<std::optional<Type>> kernel_type(const std::string &name);
  StructLayout placed(const StructLayout &described, const StructLayout &in_kernel);
  std::optional<NamedConstant> script_constant(const std::string &name) const;
  std::optional<NamedConstant> kernel_constant(const std::string &name);

  kernel::Kernel &kernel_;
  const cdefs::Definitions *definitions_;
  std::vector<std::shared_ptr<NamedTypes>> of_programs_;
  std::map<std::string, Result<std::optional<Type>>> known_;
  std::map<std::string, std::optional<NamedConstant>> kernel_constants_;
  std::map<std::string, Result<std::optional<Type>>> flavours_;  // by name, as this kernel has them
};

}  // namespace sonde::sema
