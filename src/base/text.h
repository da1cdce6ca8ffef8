// Small questions about text that several phases ask.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde {

// True when `text` matches `pattern`, in which '*' stands for any run of characters (also none).
bool matches_glob(std::string_view pattern, std::string_view text);
inline bool has_glob(std::string_view pattern) { return pattern.find('*') != std::string_view::npos; }

// The candidate nearest to `word` by edit distance, if one is near enough to be a likely typing
// error (about a third of the word's length, case ignored).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// "did you mean 'x'?" for the nearest candidate, or an empty string: ready to be a hint.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

std::vector<std::string_view> split(std::string_view text, char separator);
// The words between blanks of any kind; none of them is empty.
std::vector<std::string_view> split_words(std::string_view text);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);

// Length of the UTF-8 sequence that starts at `text`, or 0 when there is no valid one.
size_t utf8_length(std::string_view text);

}  // namespace sonde
