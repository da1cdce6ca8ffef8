// Comments are found between tokens: the scanner skips them, and nothing else but space.
#include "format/pieces.h"

#include <algorithm>

#include "base/diagnostics.h"
#include "lexer/scanner.h"

namespace sonde::format {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

class Reader {
public:
  explicit Reader(const SourceFile &file) : file_(file), text_(file.text) {
    if (text_.starts_with("\xef\xbb\xbf"))
      at_ = 3;
  }

  std::vector<Piece> read(Scanner &scanner) {
    for (;;) {
      Token token = scanner.next();
      size_t begin = token.where.begin - file_.base, end = token.where.end - file_.base;
      comments(begin);
      if (token.kind == TokenKind::End)
        end = begin;
      add(Piece::Kind::Token, begin, end);
      pieces_.back().token = token.kind;
      if (token.kind == TokenKind::End)
        return std::move(pieces_);
    }
  }

private:
  // Those before `end`.
  void comments(size_t end) {
    for (size_t begin; (begin = text_.find_first_not_of(kSpace, at_)) < end;) {
      bool is_block = text_.substr(begin).starts_with("/*");
      size_t stop = is_block ? text_.find("*/", begin + 2) + 2 : text_.find('\n', begin);
      add(is_block ? Piece::Kind::BlockComment : Piece::Kind::LineComment, begin, std::min(stop, end));
    }
  }

  void add(Piece::Kind kind, size_t begin, size_t end) {
    std::string_view gap = text_.substr(at_, begin - at_);
    auto lines = static_cast<size_t>(std::count(gap.begin(), gap.end(), '\n'));
    size_t line_end = begin == 0 ? std::string_view::npos : text_.rfind('\n', begin - 1);
    size_t column = line_end == std::string_view::npos ? begin : begin - line_end - 1;
    std::string_view text = text_.substr(begin, end - begin);
    if (kind == Piece::Kind::LineComment)
      text = text.substr(0, text.find_last_not_of(kSpace) + 1);
    pieces_.push_back({kind, TokenKind::End, text, lines, column});
    at_ = end;
  }

  const SourceFile &file_;
  std::string_view text_;
  size_t at_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> read_pieces(const Sources &sources, size_t file) {
  Diagnostics reported_by_the_parser;
  Scanner scanner(sources, file, reported_by_the_parser);
  return Reader(sources.file(file)).read(scanner);
}

}  // namespace sonde::format
