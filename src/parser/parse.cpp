// Wires scanner, grammar and builder together.
#include "parser/parse.h"

#include "parser/builder.h"
#include "parser/grammar.tab.hpp"
#include "parser/syntax_error.h"
#include "parser/token_feed.h"

namespace sonde {

ast::Program parse(const Sources &sources, size_t file, const ParseOptions &options, Diagnostics &diagnostics) {
  return parse(sources, std::span(&file, 1), options, diagnostics);
}

ast::Program parse(const Sources &sources, std::span<const size_t> files, const ParseOptions &options,
                   Diagnostics &diagnostics) {
  parser::Builder builder(options, diagnostics);
  for (size_t file : files) {
    parser::TokenFeed feed(sources, file, options.macros, diagnostics);
    parser::SyntaxErrors errors(feed, diagnostics);
    parser::Grammar grammar(builder, feed, errors);
    grammar.parse();
  }
  return builder.take();
}

}  // namespace sonde
