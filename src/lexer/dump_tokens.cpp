// Tokens as text, for `-d tokens`, and their names.
#include <array>
#include <utility>

#include "lexer/lexer.h"
#include "lexer/scanner.h"

namespace sonde {
namespace {

struct Names {
  std::string_view name, words;
};
constexpr auto kNames = std::to_array<Names>({
#define SONDE_TOKEN_NAMES(name, words) {#name, words},
    SONDE_TOKENS(SONDE_TOKEN_NAMES)
#undef SONDE_TOKEN_NAMES
        {"Invalid", "something unreadable"},
});

// Line breaks inside strings would break the one-line form.
std::string on_one_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\')
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

// Lines and columns of growing offsets, each character looked at once.
class LineCursor {
public:
  explicit LineCursor(const SourceFile &file) : file_(file) {}

  std::pair<size_t, size_t> at(uint32_t offset) {
    size_t target = offset - file_.base;
    for (; position_ < target; ++position_) {
      if (file_.text[position_] == '\n') {
        ++line_;
        line_start_ = position_ + 1;
      }
    }
    return {line_, target - line_start_ + 1};
  }

private:
  const SourceFile &file_;
  size_t position_ = 0, line_ = 1, line_start_ = 0;
};

}  // namespace

std::string_view token_name(TokenKind kind) { return kNames.at(static_cast<size_t>(kind)).name; }
std::string_view token_words(TokenKind kind) { return kNames.at(static_cast<size_t>(kind)).words; }

std::string dump_tokens(const Sources &sources, size_t file, Diagnostics &diagnostics) {
  Scanner scanner(sources, file, diagnostics);
  LineCursor cursor(sources.file(file));
  std::string out;
  for (Token token = scanner.next(); token.kind != TokenKind::End; token = scanner.next()) {
    auto [line, column] = cursor.at(token.where.begin);
    out += fmt::format("{}:{}-{}  {}  {}\n", line, column, column + (token.where.end - token.where.begin) - 1,
                       token_name(token.kind), on_one_line(token.text));
  }
  return out;
}

}  // namespace sonde
