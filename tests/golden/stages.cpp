// The table of stages.
#include "stages.h"

#include <array>

#include "ast/print.h"
#include "base/diagnostics.h"
#include "driver/compile.h"
#include "driver/format.h"
#include "kernel/fake_kernel.h"
#include "lexer/lexer.h"
#include "parser/parse.h"

namespace golden {
namespace {

using namespace sonde;

Outcome outcome(const Sources &sources, const Diagnostics &diagnostics, std::string text) {
  return {diagnostics.format(sources) + text, diagnostics.has_errors()};
}

Outcome tokens(const std::string &name, const std::string &source) {
  Sources sources;
  Diagnostics diagnostics;
  std::string text = dump_tokens(sources, sources.add(name, source), diagnostics);
  return outcome(sources, diagnostics, text);
}

// $1 is "first" and $2 is "2" inside attach points.
ast::Program parsed(const Sources &sources, Diagnostics &diagnostics) {
  ParseOptions options;
  options.positional_parameters = {"first", "2"};
  return parse(sources, 0, options, diagnostics);
}

Outcome tree(const std::string &name, const std::string &source) {
  Sources sources;
  Diagnostics diagnostics;
  sources.add(name, source);
  ast::Program program = parsed(sources, diagnostics);
  return outcome(sources, diagnostics, ast::print(program));
}

// Only what the parser complains about.
Outcome errors(const std::string &name, const std::string &source) {
  Sources sources;
  Diagnostics diagnostics;
  sources.add(name, source);
  parsed(sources, diagnostics);
  return outcome(sources, diagnostics, "");
}

Outcome formatted(const std::string &name, const std::string &source) {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<std::string> text = driver::format(sources, sources.add(name, source), diagnostics);
  return outcome(sources, diagnostics, text.value_or(""));
}

// Types, maps and events as the compiler finds them on a kernel of literals (src/kernel/fake_kernel.h).
Outcome types(const std::string &name, const std::string &source) {
  Sources sources;
  Diagnostics diagnostics;
  sources.add(name, source);
  kernel::FakeKernel kernel;
  driver::CompileOptions options;
  options.parameters = {"first", "2"};
  options.stages = {driver::Stage::Types};
  driver::Compilation compilation = driver::compile(sources, 0, kernel, options, diagnostics);
  bool is_complete = !diagnostics.has_errors() && !compilation.stage_texts.empty();
  return outcome(sources, diagnostics, is_complete ? compilation.stage_texts.front().second : "");
}

}  // namespace

std::span<const Stage> stages() {
  static const auto table = std::to_array<Stage>({
      {"tokens", tokens},
      {"ast", tree},
      {"errors", errors},
      {"format", formatted},
      {"types", types},
  });
  return table;
}

}  // namespace golden
