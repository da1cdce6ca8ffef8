// Renders diagnostics with their source line and a caret under the place.
#include "base/diagnostics.h"

#include <algorithm>

#include "base/text.h"

namespace sonde {
namespace {

// Longer lines (generated scripts, binary garbage) are shown as a window around the place.
constexpr size_t kMaxLine = 160;
constexpr size_t kContextBefore = 60;

struct Style {
  std::string_view error, warning, note, reset;
};
constexpr Style kPlain{"", "", "", ""};
constexpr Style kColour{"\033[1;31m", "\033[1;33m", "\033[1;36m", "\033[0m"};

bool is_control(std::string_view sequence) {
  unsigned char first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 2)
    return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;  // U+0080 … U+009F
  return first < 0x20 || first == 0x7f;
}

// Control characters of a garbage script, and bytes that are no text, must not reach the terminal.
// As long as `text`, so that the caret stays under its place.
std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t length = utf8_length(text);
    std::string_view sequence = text.substr(0, std::max<size_t>(length, 1));
    text.remove_prefix(sequence.size());
    if (sequence == "\t")
      out += ' ';
    else if (length == 0 || is_control(sequence))
      out.append(sequence.size(), '?');
    else
      out += sequence;
  }
  return out;
}

std::string snippet(const Sources &sources, Location where) {
  std::string_view line = sources.line_text(where.begin);
  size_t column = sources.position(where.begin).column - 1;
  size_t start = 0;
  if (line.size() > kMaxLine)
    start = column > kContextBefore ? column - kContextBefore : 0;
  std::string_view window = line.substr(std::min(start, line.size()), kMaxLine);
  size_t marked = where.end > where.begin ? where.end - where.begin : 1;
  size_t room = window.size() > column - start ? window.size() - (column - start) : 1;
  std::string marker = "^" + std::string(std::min(marked, room) - 1, '~');
  return fmt::format("{}\n{}{}\n", printable(window), std::string(column - start, ' '), marker);
}

std::string place(const Sources &sources, Location where) {
  Position from = sources.position(where.begin);
  Position to = sources.position(where.end);
  if (to.file != from.file || to.line != from.line || to.column <= from.column + 1)
    return fmt::format("{}:{}:{}", from.file->name, from.line, from.column);
  return fmt::format("{}:{}:{}-{}", from.file->name, from.line, from.column, to.column - 1);
}

}  // namespace

Diagnostic &Diagnostics::add(Severity severity, Location where, std::string message) {
  errors_ += severity == Severity::Error;
  all_.push_back({severity, where, std::move(message), {}, {}});
  return all_.back();
}

std::string Diagnostics::format(const Sources &sources, bool colour, bool warnings, size_t limit) const {
  const Style &style = colour ? kColour : kPlain;
  std::vector<const Diagnostic *> ordered;
  for (const Diagnostic &d : all_)
    if (warnings || d.severity == Severity::Error)
      ordered.push_back(&d);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto *a, const auto *b) { return a->where.begin < b->where.begin; });

  std::string out;
  size_t shown = 0;
  for (const Diagnostic *d : ordered) {
    bool is_error = d->severity == Severity::Error;
    if (is_error && shown++ >= limit)
      continue;
    out += fmt::format("{}: {}{}:{} {}\n", place(sources, d->where), is_error ? style.error : style.warning,
                       is_error ? "ERROR" : "WARNING", style.reset, printable(d->message));
    out += snippet(sources, d->where);
    for (const DiagnosticNote &note : d->notes) {
      out += fmt::format("{}: {}NOTE:{} {}\n", place(sources, note.where), style.note, style.reset,
                         printable(note.message));
      out += snippet(sources, note.where);
    }
    if (!d->hint.empty())
      out += fmt::format("{}HINT:{} {}\n", style.note, style.reset, printable(d->hint));
  }
  if (shown > limit)
    out += fmt::format("{} more errors are not shown\n", shown - limit);
  return out;
}

}  // namespace sonde
