// Lines and columns from the offsets that the image keeps.
#include "runtime/script_place.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::runtime {

ScriptPlace place_of(const image::ProgramImage &image, Location where) {
  size_t begin = std::min<size_t>(where.begin, image.source_text.size());
  size_t line_start = image.source_text.rfind('\n', begin ? begin - 1 : 0);
  line_start = begin == 0 || line_start == std::string::npos ? 0 : line_start + 1;
  auto lines = std::count(image.source_text.begin(), image.source_text.begin() + static_cast<ptrdiff_t>(begin), '\n');
  return {static_cast<size_t>(lines) + 1, begin - line_start + 1, where.end - line_start + 1};
}

std::string place_text(const image::ProgramImage &image, Location where) {
  ScriptPlace place = place_of(image, where);
  return fmt::format("{}:{}:{}-{}", image.source_name, place.line, place.first_column, place.last_column);
}

}  // namespace sonde::runtime
