// Only what the parser understands is formatted.
#include "driver/format.h"

#include <map>
#include <sstream>

#include "format/format_script.h"
#include "lexer/c_parts.h"
#include "parser/parse.h"

namespace sonde::driver {
namespace {

// "#define NAME text" by name, as far as it can be known without Clang: what the script's pieces would stand for.
std::map<std::string, std::string> defined_texts(const Sources &sources, size_t file) {
  std::map<std::string, std::string> texts;
  for (Location part : find_c_parts(sources, file).where) {
    std::istringstream words{std::string(sources.text(part))};
    std::string hash, name, text;
    if (!(words >> hash) || (hash == "#" && !(words >> hash)) || !hash.ends_with("define") || !(words >> name))
      continue;
    std::getline(words, text, '\0');
    if (name.find('(') == std::string::npos && text.find_first_not_of(" \t\r") != std::string::npos)
      texts[name] = text;
  }
  return texts;
}

// Places where only a literal can stand take parameters too; any value will do.
constexpr size_t kParameters = 100;

}  // namespace

std::optional<std::string> format(const Sources &sources, size_t file, Diagnostics &diagnostics) {
  ParseOptions options{std::vector<std::string>(kParameters, "1"), defined_texts(sources, file)};
  parse(sources, file, options, diagnostics);
  if (diagnostics.has_errors())
    return std::nullopt;
  return format::format_script(sources, file);
}

}  // namespace sonde::driver
