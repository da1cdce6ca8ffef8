// Collects the scanner's tokens for imports.
#include "lexer/imports.h"

#include "lexer/scanner.h"

namespace sonde {

std::vector<Import> find_imports(const Sources &sources, size_t file) {
  // Nearly all scripts import nothing, and need not be scanned for it.
  if (sources.file(file).text.find("import") == std::string::npos)
    return {};
  std::vector<Import> imports;
  Diagnostics reported_again_by_the_parser;
  Scanner scanner(sources, file, reported_again_by_the_parser);
  for (Token token = scanner.next(); token.kind != TokenKind::End; token = scanner.next())
    if (token.kind == TokenKind::Import)
      imports.push_back({token.text, token.where});
  return imports;
}

}  // namespace sonde
