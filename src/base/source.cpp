// Maps offsets to files, lines and columns. Code generation asks for every expression, so lines are looked up rather
// than counted.
#include "base/source.h"

#include <algorithm>
#include <cassert>

namespace sonde {

namespace {

std::vector<uint32_t> line_starts(std::string_view text) {
  std::vector<uint32_t> starts{0};
  for (size_t newline = text.find('\n'); newline != text.npos; newline = text.find('\n', newline + 1))
    starts.push_back(static_cast<uint32_t>(newline + 1));
  return starts;
}

}  // namespace

size_t Sources::add(std::string name, std::string text) {
  // One offset is left between files so that an end-of-file location still names its own file.
  uint32_t base = 0;
  if (!files_.empty()) {
    const SourceFile &last = *files_.back();
    base = last.base + static_cast<uint32_t>(last.text.size()) + 1;
  }
  std::vector<uint32_t> lines = line_starts(text);
  files_.push_back(std::make_unique<SourceFile>(SourceFile{std::move(name), std::move(text), base, std::move(lines)}));
  return files_.size() - 1;
}

Position Sources::position(uint32_t offset) const {
  assert(!files_.empty());
  auto after = std::upper_bound(files_.begin(), files_.end(), offset,
                                [](uint32_t value, const auto &file) { return value < file->base; });
  const SourceFile &file = after == files_.begin() ? *files_.front() : **std::prev(after);
  auto local = static_cast<uint32_t>(std::min<size_t>(offset - file.base, file.text.size()));
  auto next_line = std::upper_bound(file.line_starts.begin(), file.line_starts.end(), local);
  return {&file, static_cast<uint32_t>(next_line - file.line_starts.begin()), 1 + local - *std::prev(next_line)};
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
