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
  auto entry = known_.find(name);
  if (entry == known_.end())
    entry = known_.emplace(name, kernel_.type(name)).first;
  bool kernel_knows = entry->second.ok() && entry->second.value().has_value();
  return found && !kernel_knows ? Result<std::optional<Type>>(std::optional<Type>(*found)) : entry->second;
}

std::optional<cdefs::Constant> TypeSource::constant(const std::string &name) const {
  if (!definitions_)
    return std::nullopt;
  if (auto found = definitions_->enumerators.find(name); found != definitions_->enumerators.end())
    return found->second;
  if (auto found = definitions_->macros.find(name); found != definitions_->macros.end())
    return found->second;
  return std::nullopt;
}

}  // namespace sonde::sema
