// Types of a program, from its debug information.
#pragma once

#include <elfutils/libdw.h>

#include <map>
#include <optional>
#include <string>

#include "types/named_types.h"
#include "types/type.h"

namespace sonde::elf {

// Without typedefs, const, volatile and the like.
std::optional<Dwarf_Die> peeled_type_of(Dwarf_Die *die);

// The debug information must stay open while this is used.
class DwarfTypes final : public NamedTypes {
public:
  // The type that a declaration has; none for void and for what scripts cannot handle (floating point). Structs with
  // a name are only named.
  Type type_of(Dwarf_Die *declaration);
  // A struct, union or enum that was named before.
  std::optional<Type> type(const std::string &name) override;

private:
  Type convert(Dwarf_Die *type, const char *typedef_name, int depth);
  Type convert_type_of(Dwarf_Die *declaration, int depth);
  Type convert_base(Dwarf_Die *type) const;
  Type convert_struct(Dwarf_Die *type, const char *typedef_name, int depth);
  Type convert_enum(Dwarf_Die *type, const char *typedef_name) const;
  Type convert_array(Dwarf_Die *type, int depth);
  Type lay_out(Dwarf_Die *type, const std::string &name, int depth);
  std::optional<Field> convert_member(Dwarf_Die *member, int depth);

  std::map<std::string, Dwarf_Die> named_;
  std::map<std::string, Type> laid_out_;  // which own the layouts that others point into
};

}  // namespace sonde::elf
