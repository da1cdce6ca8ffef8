// Lays `args` out as a struct and says which register or word of the stack each part of it comes from.
#include "probes/uprobe_arguments.h"

#include <algorithm>

namespace sonde::probes {
namespace {

constexpr uint32_t kWord = 8;

void add_pieces(const elf::Parameter &parameter, uint32_t offset, std::vector<ArgumentPiece> &pieces) {
  uint32_t size = parameter.type.size;
  if (parameter.is_on_stack) {
    pieces.push_back({offset, size, true, parameter.first});
    return;
  }
  for (uint32_t at = 0; at < size; at += kWord)
    pieces.push_back({offset + at, std::min(kWord, size - at), false, parameter.first + at / kWord});
}

}  // namespace

void set_args(const elf::FunctionArguments &arguments, Context &context) {
  auto layout = std::make_shared<StructLayout>();
  layout->name = "_uprobe_args";
  for (const elf::Parameter &parameter : arguments.parameters) {
    if (parameter.name.empty() || parameter.type.size == 0)
      continue;
    Field field;
    field.name = parameter.name;
    field.type = parameter.type;
    field.offset = layout->size;
    add_pieces(parameter, field.offset, context.args_pieces);
    layout->size += (parameter.type.size + kWord - 1) / kWord * kWord;
    layout->fields.push_back(std::move(field));
  }
  context.args = Type::structure(layout->name, layout);
}

}  // namespace sonde::probes
