// Looks into the script's definitions, and asks the kernel once per name.
#include "sema/type_source.h"

#include <fmt/format.h>

#include "kernel/type_shape.h"

namespace sonde::sema {
namespace {

bool is_flavour(const Type &type) {
  return type.kind == TypeKind::Struct && type.layout && kernel::without_flavour(type.name) != type.name;
}

}  // namespace

const Type *TypeSource::in_script(const std::string &name) const {
  const Type *found = definitions_ ? definitions_->find(name) : nullptr;
  return found && is_flavour(*found) ? nullptr : found;
}

const Type *TypeSource::flavour(const std::string &name) const {
  const Type *found = definitions_ ? definitions_->find(name) : nullptr;
  return found && is_flavour(*found) ? found : nullptr;
}

// A flavour's fields at the places where this kernel has them; without those that it has not, or not so.
StructLayout TypeSource::placed(const StructLayout &described, const StructLayout &in_kernel) {
  StructLayout layout{described.name, in_kernel.size, in_kernel.is_union, {}};
  for (const Field &field : described.fields) {
    if (field.name.empty() && field.type.layout) {
      StructLayout inner = placed(*field.type.layout, in_kernel);
      layout.fields.insert(layout.fields.end(), inner.fields.begin(), inner.fields.end());
      continue;
    }
    const Field *found = in_kernel.find(field.name);
    if (!found || kernel::shape_of(*found) != kernel::shape_of(field))
      continue;
    Field there = *found;
    there.type = field.type;
    if (field.type.kind == TypeKind::Struct) {
      there.type = found->type;
      there.type.name = field.type.name;
      if (field.type.name.empty() && field.type.layout && found->type.layout)
        there.type.layout = std::make_shared<StructLayout>(placed(*field.type.layout, *found->type.layout));
      else
        there.type.layout = nullptr;
    }
    layout.fields.push_back(std::move(there));
  }
  return layout;
}

Result<std::optional<Type>> TypeSource::flavour_type(const Type &described) {
  // For other kernels each field is looked up there.
  if (!kernel_.is_the_one())
    return std::optional<Type>(described);
  auto of_kernel = kernel_type(std::string(kernel::without_flavour(described.name)));
  if (!of_kernel || !*of_kernel || !(**of_kernel).layout)
    return of_kernel;
  auto layout = std::make_shared<StructLayout>(placed(*described.layout, *(**of_kernel).layout));
  return std::optional<Type>(Type::structure(described.name, std::move(layout)));
}

std::string TypeSource::flavour_problem(const std::string &name, const std::string &field) const {
  const Type *described = flavour(name);
  const Field *wanted = described ? described->layout->find(field) : nullptr;
  if (!wanted)
    return {};
  std::string base(kernel::without_flavour(name));
  auto found = kernel_.type(base);
  const Field *here = found && *found && (**found).layout ? (**found).layout->find(field) : nullptr;
  if (!here)
    return fmt::format("this kernel's struct {} has no field '{}'", base, field);
  return fmt::format("'{}' of struct {} is {} in this kernel, and {} in struct {}", field, base,
                     kernel::shape_of(*here), kernel::shape_of(*wanted), name);
}

std::optional<std::vector<Field>> TypeSource::way(const std::string &type, const std::string &fields) {
  if (auto steps = kernel::find_way(type, fields, kernel_))
    return steps;
  bool is_one = fields.find('.') == std::string::npos;
  if (definitions_ && is_one)
    for (const auto &[name, described] : definitions_->types)
      if (is_flavour(described) && kernel::without_flavour(described.name) == type)
        if (const Field *field = described.layout->find(fields))
          return std::vector<Field>{*field};
  return std::nullopt;
}

Result<std::optional<Type>> TypeSource::type(const std::string &name) {
  if (const Type *described = flavour(name)) {
    auto known = flavours_.find(described->name);
    if (known == flavours_.end())
      known = flavours_.emplace(described->name, flavour_type(*described)).first;
    return known->second;
  }
  // C that only names a struct, or was given it by the kernel, does not know its fields.
  const Type *found = in_script(name);
  if (found && (found->kind != TypeKind::Struct || found->layout))
    return std::optional<Type>(*found);
  for (const std::shared_ptr<NamedTypes> &types : of_programs_)
    if (std::optional<Type> of_program = types->type(name))
      return of_program;
  Result<std::optional<Type>> of_kernel = kernel_type(name);
  bool kernel_knows = of_kernel.ok() && of_kernel.value().has_value();
  return found && !kernel_knows ? Result<std::optional<Type>>(std::optional<Type>(*found)) : of_kernel;
}

Result<std::optional<Type>> TypeSource::kernel_type(const std::string &name) {
  auto entry = known_.find(name);
  if (entry == known_.end())
    entry = known_.emplace(name, kernel_.type(name)).first;
  return entry->second;
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
