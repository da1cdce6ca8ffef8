// A record is laid out as the tuple of its elements.
#include "types/record.h"

#include <cassert>

namespace sonde {

Type record_type(std::vector<Type> elements, const std::vector<std::string> &names) {
  Type type = Type::tuple(std::move(elements));
  if (names.empty())
    return type;
  auto layout = std::make_shared<StructLayout>(*type.layout);
  assert(names.size() == layout->fields.size());
  for (size_t i = 0; i < names.size(); ++i)
    layout->fields[i].name = names[i];
  type.layout = std::move(layout);
  return type;
}

bool is_record(const Type &type) {
  return type.kind == TypeKind::Tuple && type.layout && !type.layout->fields.empty() &&
         type.layout->fields[0].name != "0";
}

std::vector<std::string> record_names(const Type &type) {
  std::vector<std::string> names;
  if (is_record(type))
    for (const Field &field : type.layout->fields)
      names.push_back(field.name);
  return names;
}

}  // namespace sonde
