// Rows are filled greedily; where the next item has no room, the row ends at the least costly gap in it, the last of
// several.
#include "format/line.h"

#include <algorithm>

namespace sonde::format {
namespace {

constexpr size_t kContinuation = 4;      // where no bracket is open
constexpr size_t kFarthestBracket = 60;  // behind this column, rows do not start

}  // namespace

void Line::start(size_t indent) {
  indent_ = indent;
  break_next_ = false;
}

void Line::add(Item item) {
  item.starts_line = !items_.empty() && (item.starts_line || break_next_);
  break_next_ = false;
  items_.push_back(std::move(item));
}

void Line::add_semicolon() {
  auto last = std::find_if(items_.rbegin(), items_.rend(), [](const Item &item) { return !item.is_comment; });
  if (last != items_.rend())
    last->text += ';';
}

bool Line::has_tokens() const {
  return std::any_of(items_.begin(), items_.end(), [](const Item &item) { return !item.is_comment; });
}

// Behind the last item of the row that starts with `first`.
size_t Line::end_of_row(size_t first, size_t column) const {
  std::optional<size_t> best;
  for (size_t i = first; i < items_.size(); ++i) {
    const Item &item = items_[i];
    if (i > first && item.starts_line)
      return i;
    column += item.text.size() + (i > first && item.space);
    if (i > first && item.break_cost && (!best || *item.break_cost <= *items_[*best].break_cost))
      best = i;
    if (column > kWidth && best && !item.is_comment)
      return *best;
  }
  return items_.size();
}

void Line::write_row(size_t first, size_t end, size_t column, std::string &out) {
  out.append(column, ' ');
  for (size_t i = first; i < end; ++i) {
    const Item &item = items_[i];
    bool space = i > first && item.space;
    out.append(space, ' ').append(item.text);
    column += item.text.size() + space;
    if (item.is_comment)
      continue;
    if (item.text == "(" || item.text == "[")
      brackets_.push_back(column);
    else if ((item.text.starts_with(')') || item.text.starts_with(']')) && !brackets_.empty())
      brackets_.pop_back();
  }
  out += '\n';
}

std::string Line::take() {
  std::string out;
  size_t column = indent_;
  for (size_t first = 0; first < items_.size();) {
    size_t end = end_of_row(first, column);
    write_row(first, end, column, out);
    bool aligned = !brackets_.empty() && brackets_.back() <= kFarthestBracket;
    column = aligned ? brackets_.back() : indent_ + kContinuation;
    first = end;
  }
  items_.clear();
  brackets_.clear();
  return out;
}

std::string moved(std::string_view text, size_t from, size_t to) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (at > 0) {
      out += '\n';
      size_t space = std::min(line.find_first_not_of(" \t"), line.size());
      if (from > to)
        line.remove_prefix(std::min(space, from - to));
      else if (space < line.size())
        out.append(to - from, ' ');
    }
    out += line;
    at = end + 1;
  }
  return out;
}

}  // namespace sonde::format
