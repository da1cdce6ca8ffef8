// A line of output, put together piece by piece, and broken where it is too long.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::format {

class Line {
public:
  static constexpr size_t kWidth = 100;

  struct Item {
    std::string text;
    bool space = true;  // in front of it
    std::optional<int> break_cost = {};
    bool is_comment = false;
    bool starts_line = false;  // whether there is room or not
  };

  void start(size_t indent);
  void add(Item item);
  // What comes next starts a line: a comment that only a line's end ends was added.
  void break_next() { break_next_ = true; }
  // Adds ';' behind the last item that is no comment.
  void add_semicolon();

  bool is_empty() const { return items_.empty(); }
  bool has_tokens() const;
  bool ends_in(std::string_view text) const { return !items_.empty() && items_.back().text == text; }
  // Its text with a final line break; the line is empty afterwards.
  std::string take();

private:
  size_t end_of_row(size_t first, size_t column) const;
  void write_row(size_t first, size_t end, size_t column, std::string &out);

  size_t indent_ = 0;
  bool break_next_ = false;
  std::vector<Item> items_;
  std::vector<size_t> brackets_;  // the columns behind those that are open, while it is written
};

// `text` of several lines that started at column `from` and now starts at `to`: those behind the first are moved along,
// as far as their indentation goes.
std::string moved(std::string_view text, size_t from, size_t to);

}  // namespace sonde::format
