// Lines and columns from the offsets that the image keeps.
#include "runtime/script_place.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::runtime {

namespace {

// The file that holds an offset, and where in the common space of offsets it begins.
struct File {
  std::string_view name, text;
  size_t base = 0;
};

File file_of(const image::ProgramImage &image, size_t offset) {
  File file{image.source_name, image.source_text};
  for (const image::ImportedSource &next : image.imported) {
    size_t base = file.base + file.text.size() + 1;
    if (offset < base)
      break;
    file = {next.name, next.text, base};
  }
  return file;
}

}  // namespace

Sources sources_of(const image::ProgramImage &image) {
  Sources sources;
  sources.add(image.source_name, image.source_text);
  for (const image::ImportedSource &imported : image.imported)
    sources.add(imported.name, imported.text);
  return sources;
}

ScriptPlace place_of(const image::ProgramImage &image, Location where) {
  File file = file_of(image, where.begin);
  size_t begin = std::min(where.begin - file.base, file.text.size());
  size_t line_start = file.text.rfind('\n', begin ? begin - 1 : 0);
  line_start = begin == 0 || line_start == std::string::npos ? 0 : line_start + 1;
  auto lines = std::count(file.text.begin(), file.text.begin() + static_cast<ptrdiff_t>(begin), '\n');
  return {file.name, static_cast<size_t>(lines) + 1, begin - line_start + 1, where.end - file.base - line_start + 1};
}

std::string place_text(const image::ProgramImage &image, Location where) {
  ScriptPlace place = place_of(image, where);
  return fmt::format("{}:{}:{}-{}", place.file, place.line, place.first_column, place.last_column);
}

}  // namespace sonde::runtime
