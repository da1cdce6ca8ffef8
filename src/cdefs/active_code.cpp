// Follows conditions line by line.
#include "cdefs/active_code.h"

#include <algorithm>
#include <vector>

namespace sonde::cdefs {
namespace {

constexpr std::string_view kBlanks = " \t\r";

// Removes the first word of `line` and the blanks before it.
std::string_view take_word(std::string_view &line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::string_view take_line(std::string_view &text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

class Conditions {
public:
  explicit Conditions(bool kernel_has_btf) : kernel_has_btf_(kernel_has_btf) {}

  bool is_active() const { return std::find(taken_.begin(), taken_.end(), false) == taken_.end(); }
  bool is_balanced() const { return taken_.empty(); }
  // False when only Clang can tell what the line means.
  bool follow(std::string_view line) {
    line.remove_prefix(1);
    std::string_view directive = take_word(line);
    if (directive.starts_with("if"))
      return open(directive, line);
    if (directive == "endif" || directive == "else")
      return turn(directive == "endif");
    return !is_active() && directive != "elif";
  }

private:
  bool open(std::string_view directive, std::string_view rest) {
    if (!is_active()) {
      taken_.push_back(false);
      return true;
    }
    taken_.push_back((directive == "ifdef") == kernel_has_btf_);
    return directive != "if" && take_word(rest) == "BPFTRACE_HAVE_BTF" && take_word(rest).empty();
  }
  bool turn(bool ends) {
    if (taken_.empty())
      return false;
    if (ends)
      taken_.pop_back();
    else
      taken_.back() = !taken_.back();
    return true;
  }

  bool kernel_has_btf_;
  std::vector<bool> taken_;  // open conditions, from the outermost
};

}  // namespace

bool has_active_code(std::string_view text, bool kernel_has_btf) {
  Conditions conditions(kernel_has_btf);
  while (!text.empty()) {
    std::string_view line = take_line(text);
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty())
      continue;
    bool is_nothing = line.front() == '#' ? conditions.follow(line) : !conditions.is_active();
    if (!is_nothing)
      return true;
  }
  return !conditions.is_balanced();
}

}  // namespace sonde::cdefs
