// What can be said of a map from its spec alone.
#include "image/program_image.h"

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

}  // namespace sonde::image
