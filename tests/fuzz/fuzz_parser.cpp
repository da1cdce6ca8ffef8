// Any bytes: scanning, parsing, printing the tree and printing the errors must end, and not crash.
#include <cstdint>
#include <cstdlib>

#include "ast/print.h"
#include "base/diagnostics.h"
#include "lexer/lexer.h"
#include "parser/parse.h"

namespace {

// What holds for every tree: ids are dense enough to index by, and probes own disjoint ranges of them.
void check(const sonde::ast::Program &program) {
  sonde::ast::ExprId last = 0;
  for (const auto &probe : program.probes) {
    if (probe.first_expr < last || probe.end_expr < probe.first_expr || probe.end_expr > program.expr_count)
      std::abort();
    if (probe.attach_points.empty())
      std::abort();
    last = probe.end_expr;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text(reinterpret_cast<const char *>(data), size);
  sonde::Sources sources;
  size_t file = sources.add("fuzz", text);

  sonde::Diagnostics lexical;
  sonde::dump_tokens(sources, file, lexical);
  lexical.format(sources);

  sonde::Diagnostics diagnostics;
  sonde::ParseOptions options;
  options.positional_parameters = {"a", "2"};
  sonde::ast::Program program = sonde::parse(sources, file, options, diagnostics);
  check(program);
  sonde::ast::print(program);
  diagnostics.format(sources, true);
  return 0;
}
