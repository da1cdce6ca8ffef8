// Collects the scanner's tokens for C.
#include "lexer/c_parts.h"

#include <cctype>

#include "lexer/scanner.h"

namespace sonde {
namespace {

void add_words(std::string_view text, std::set<std::string> &names) {
  auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_word(text[end]))
      ++end;
    if (end > at)
      names.emplace(text.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

CParts find_c_parts(const Sources &sources, size_t file) {
  CParts parts;
  Diagnostics reported_again_by_the_parser;
  Scanner scanner(sources, file, reported_again_by_the_parser);
  for (Token token = scanner.next(); token.kind != TokenKind::End; token = scanner.next()) {
    if (token.kind == TokenKind::CDefinition) {
      parts.where.push_back(token.where);
      if (token.text.starts_with('#'))
        add_words(token.text, parts.names);
    } else if (token.kind == TokenKind::Identifier || token.kind == TokenKind::TypeIdentifier) {
      parts.names.insert(token.text);
    }
  }
  return parts;
}

std::string CParts::text(const SourceFile &file) const {
  std::string text = file.text;
  for (char &c : text)
    if (c != '\n')
      c = ' ';
  for (Location part : where) {
    size_t begin = part.begin - file.base, length = part.end - part.begin;
    text.replace(begin, length, file.text, begin, length);
  }
  // Afterwards, because a definition may begin right behind another.
  for (Location part : where) {
    size_t end = part.end - file.base;
    bool is_complete = file.text[part.begin - file.base] == '#' || file.text[end - 1] == ';';
    if (is_complete)
      continue;
    if (end == text.size())
      text += ';';
    else if (text[end] == ' ' || text[end] == '\n')
      text[end] = ';';
  }
  return text;
}

}  // namespace sonde
