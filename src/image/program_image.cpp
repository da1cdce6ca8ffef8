// What can be said of a map from its spec alone.
#include "image/program_image.h"

#include <algorithm>

namespace sonde::image {

namespace {

uint32_t in_whole_words(uint32_t size) { return (size + 7) / 8 * 8; }

}  // namespace

uint32_t MapSpec::set_word_offset() const { return in_whole_words(value.size); }

uint32_t MapSpec::stored_size() const {
  if (is_scalar())
    return set_word_offset() + 8;
  return is_per_cpu(storage) ? in_whole_words(value.size) : value.size;
}

uint32_t ProgramImage::positional_count() const {
  uint32_t count = 0;
  for (const std::vector<Parameter> *list : {&parameters, &texts})
    for (const Parameter &parameter : *list)
      if (parameter.kind == ParameterKind::Positional)
        count = std::max(count, static_cast<uint32_t>(parse_number(parameter.name).value_or(0)));
  return count;
}

bool ProgramImage::takes_positional() const {
  auto counts = [](const Parameter &parameter) { return parameter.kind == ParameterKind::PositionalCount; };
  return positional_count() > 0 || std::any_of(parameters.begin(), parameters.end(), counts);
}

void add_use(std::vector<KernelUse> &uses, KernelUse use) {
  auto is_same = [&](const KernelUse &other) {
    return other.kind == use.kind && other.of == use.of && other.field == use.field && other.built == use.built &&
           other.guards == use.guards;
  };
  if (std::none_of(uses.begin(), uses.end(), is_same))
    uses.push_back(std::move(use));
}

}  // namespace sonde::image
