// Types are shared: what holds an enum is made anew.
#include "image/enums_of_image.h"

#include <memory>
#include <utility>

namespace sonde::image {
namespace {

using Other = std::function<Type(const Type &)>;

Type replaced(const Type &type, const Other &other);

StructLayout replaced(StructLayout layout, const Other &other) {
  for (Field &field : layout.fields)
    field.type = replaced(field.type, other);
  return layout;
}

Type replaced(const Type &type, const Other &other) {
  if (type.kind == TypeKind::Enum)
    return other(type);
  Type changed = type;
  if (type.element)
    changed.element = std::make_shared<const Type>(replaced(*type.element, other));
  if (type.layout)
    changed.layout = std::make_shared<const StructLayout>(replaced(*type.layout, other));
  return changed;
}

}  // namespace

void replace_enums(ProgramImage &image, const Other &other) {
  for (MapSpec &map : image.maps) {
    map.key = replaced(map.key, other);
    map.value = replaced(map.value, other);
  }
  for (EventSpec &event : image.events)
    for (EventField &field : event.fields)
      field.type = replaced(field.type, other);
}

KernelUse use_of_names(const Type &type) {
  KernelUse use;
  use.kind = KernelUseKind::Enumerator;
  if (type.enumerators && !type.enumerators->empty())
    use.of = type.enumerators->front().name;
  return use;
}

bool is_of_names(const KernelUse &use) { return use.kind == KernelUseKind::Enumerator && use.built.empty(); }

bool names(const KernelUse &use, const Type &type) { return is_of_names(use) && use.of == use_of_names(type).of; }

}  // namespace sonde::image
