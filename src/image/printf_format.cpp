// Takes printf formats apart.
#include "image/printf_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace sonde::image {
namespace {

// Wider than any line that people read, narrow enough that no event can ask for gigabytes.
constexpr int kMaxWidth = 65535;
constexpr std::string_view kFlags = "-+ #0";
constexpr std::string_view kLengths[] = {"hh", "ll", "h", "l", "j", "z", "t", "L"};
// Longest first: "%rx" is one conversion.
constexpr std::string_view kConversions[] = {"rx", "rh", "r", "gr", "%", "d", "i", "u", "o", "x", "X", "c", "s", "p"};

class Parser {
public:
  explicit Parser(std::string_view format) : format_(format) {}

  Result<PrintfFormat> parse() {
    PrintfFormat result;
    FormatPiece piece;
    while (at_ < format_.size()) {
      if (format_[at_] != '%') {
        piece.literal += format_[at_++];
      } else if (format_.substr(at_).starts_with("%%")) {
        piece.literal += '%';
        at_ += 2;
      } else {
        if (auto done = parse_conversion(piece); !done)
          return done.error();
        if (piece.conversion == "%") {  // "%5%": whatever stands between them
          std::string literal = piece.literal + '%';
          piece = {};
          piece.literal = std::move(literal);
          continue;
        }
        result.pieces.push_back(std::move(piece));
        piece = {};
      }
    }
    if (!piece.literal.empty())
      result.pieces.push_back(std::move(piece));
    return result;
  }

private:
  Result<void> parse_conversion(FormatPiece &piece) {
    piece.has_conversion = true;
    piece.position = at_++;
    while (at_ < format_.size() && kFlags.find(format_[at_]) != std::string_view::npos)
      piece.flags += format_[at_++];
    if (!parse_number(piece.width, piece.width_from_argument))
      return error(piece, fmt::format("the width is larger than {}", kMaxWidth));
    if (at_ < format_.size() && format_[at_] == '.') {
      ++at_;
      piece.precision = 0;
      if (!parse_number(piece.precision, piece.precision_from_argument))
        return error(piece, fmt::format("the precision is larger than {}", kMaxWidth));
    }
    piece.length = take_one_of(kLengths);
    piece.conversion = take_one_of(kConversions);
    if (!piece.conversion.empty())
      return {};
    if (at_ >= format_.size())
      return error(piece, "the conversion has no letter that says what to print");
    ++at_;
    return error(piece, "there is no such conversion");
  }

  // Digits or '*', which may both be absent; false when the number is too large.
  bool parse_number(int &number, bool &from_argument) {
    if (at_ < format_.size() && format_[at_] == '*') {
      from_argument = true;
      ++at_;
      return true;
    }
    auto is_digit = [&] { return at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; };
    if (is_digit())
      number = 0;
    for (; is_digit() && number <= kMaxWidth; ++at_)
      number = number * 10 + (format_[at_] - '0');
    return number <= kMaxWidth;
  }

  std::string take_one_of(std::span<const std::string_view> words) {
    for (std::string_view word : words)
      if (format_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return std::string(word);
      }
    return {};
  }

  Error error(const FormatPiece &piece, std::string_view what) const {
    std::string_view text = format_.substr(piece.position, at_ - piece.position);
    return {"understand the format", fmt::format("'{}'", format_), fmt::format("'{}': {}", text, what),
            "conversions are d i u o x X c s p r rx rh gr; write %% for a percent sign", 0};
  }

  std::string_view format_;
  size_t at_ = 0;
};

}  // namespace

size_t PrintfFormat::argument_count() const {
  size_t count = 0;
  for (const FormatPiece &piece : pieces)
    count += piece.has_conversion + piece.width_from_argument + piece.precision_from_argument;
  return count;
}

Result<PrintfFormat> parse_printf_format(std::string_view format) { return Parser(format).parse(); }

}  // namespace sonde::image
