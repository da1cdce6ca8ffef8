// Looks into the script's definitions, and asks the kernel once per name.
#include "sema/type_source.h"

namespace sonde::sema {

const Type *TypeSource::in_script(const std::string &name) const {
  return definitions_ ? definitions_->find(name) : nullptr;
}

Result<std::optional<Type>> TypeSource::type(const std::string &name) {
  // C that only names a struct, or was given it by the kernel, does not know its fields.
  const Type *found = in_script(name);
  if (found && (found->kind != TypeKind::Struct || found->layout))
    return std::optional<Type>(*found);
  for (const std::shared_ptr<NamedTypes> &types : of_programs_)
    if (std::optional<Type> of_program = types->type(name))
      return of_program;
  auto entry = known_.find(name);
  if (entry == known_.end())
    entry = known_.emplace(name, kernel_.type(name)).first;
  bool kernel_knows = entry->second.ok() && entry->second.value().has_value();
  return found && !kernel_knows ? Result<std::optional<Type>>(std::optional<Type>(*found)) : entry->second;
}

bool TypeSource::is_of_kernel(const std::string &name) {
  const Type *found = in_script(name);
  if (name.empty() || (found && (found->kind != TypeKind::Struct || found->layout)))
    return false;
  for (const std::shared_ptr<NamedTypes> &types : of_programs_)
    if (types->type(name))
      return false;
  Result<std::optional<Type>> of_kernel = type(name);
  return of_kernel && of_kernel->has_value();
}

std::optional<TypeSource::NamedConstant> TypeSource::constant(const std::string &name) {
  if (auto known = script_constant(name))
    return known;
  auto entry = kernel_constants_.find(name);
  if (entry == kernel_constants_.end())
    entry = kernel_constants_.emplace(name, kernel_constant(name)).first;
  return entry->second;
}

std::optional<TypeSource::NamedConstant> TypeSource::script_constant(const std::string &name) const {
  if (!definitions_)
    return std::nullopt;
  if (auto found = definitions_->enumerators.find(name); found != definitions_->enumerators.end()) {
    const Type *type = in_script(found->second.type);
    return NamedConstant{found->second.value, type ? *type : Type::none()};
  }
  if (auto found = definitions_->macros.find(name); found != definitions_->macros.end())
    return NamedConstant{found->second, Type::none()};
  return std::nullopt;
}

std::optional<TypeSource::NamedConstant> TypeSource::kernel_constant(const std::string &name) {
  Result<std::optional<Type>> found = kernel_.enum_with(name);
  if (!found || !*found)
    return std::nullopt;
  for (const Enumerator &enumerator : *(*found)->enumerators)
    if (enumerator.name == name)
      return NamedConstant{enumerator.value, **found, true};
  return std::nullopt;
}

}  // namespace sonde::sema
