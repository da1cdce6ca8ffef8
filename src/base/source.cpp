// Maps offsets to files, lines and columns. Lines are searched when a message needs them: most
// runs print none.
#include "base/source.h"

#include <algorithm>
#include <cassert>

namespace sonde {

size_t Sources::add(std::string name, std::string text) {
  // One offset is left between files so that an end-of-file location still names its own file.
  uint32_t base = 0;
  if (!files_.empty()) {
    const SourceFile &last = *files_.back();
    base = last.base + static_cast<uint32_t>(last.text.size()) + 1;
  }
  files_.push_back(std::make_unique<SourceFile>(SourceFile{std::move(name), std::move(text), base}));
  return files_.size() - 1;
}

Position Sources::position(uint32_t offset) const {
  assert(!files_.empty());
  auto after = std::upper_bound(files_.begin(), files_.end(), offset,
                                [](uint32_t value, const auto &file) { return value < file->base; });
  const SourceFile &file = after == files_.begin() ? *files_.front() : **std::prev(after);
  size_t local = std::min<size_t>(offset - file.base, file.text.size());
  std::string_view before = std::string_view(file.text).substr(0, local);
  size_t line_start = before.rfind('\n');
  line_start = line_start == std::string_view::npos ? 0 : line_start + 1;
  return {&file, 1 + static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<uint32_t>(local - line_start)};
}

std::string_view Sources::line_text(uint32_t offset) const {
  Position at = position(offset);
  std::string_view text = at.file->text;
  size_t start = std::min<size_t>(offset - at.file->base, text.size()) - (at.column - 1);
  size_t end = text.find('\n', start);
  return text.substr(start, end == std::string_view::npos ? text.size() - start : end - start);
}

std::string_view Sources::text(Location where) const {
  Position at = position(where.begin);
  size_t start = std::min<size_t>(where.begin - at.file->base, at.file->text.size());
  return std::string_view(at.file->text).substr(start, where.end - where.begin);
}

}  // namespace sonde
