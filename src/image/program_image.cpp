// What can be said of a map from its spec alone.
#include "image/program_image.h"

namespace sonde::image {

uint32_t MapSpec::stored_size() const { return is_per_cpu(storage) ? (value.size + 7) / 8 * 8 : value.size; }

}  // namespace sonde::image
