// The chain, one phase after the other; it stops after the first with errors.
#include "driver/compile.h"

#include <algorithm>

#include "ast/print.h"
#include "builtins/builtin.h"
#include "codegen/generate.h"
#include "image/image_file.h"
#include "lexer/lexer.h"
#include "parser/parse.h"
#include "sema/analyze.h"

namespace sonde::driver {

Compilation compile(const Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
                    Diagnostics &diagnostics) {
  Compilation result;
  auto wants = [&](Stage stage) {
    return std::find(options.stages.begin(), options.stages.end(), stage) != options.stages.end();
  };
  auto print = [&](Stage stage, std::string text) { result.stage_texts.emplace_back(stage, std::move(text)); };
  // Who only wants to see stages need not wait for those behind the last one.
  auto is_last = [&](Stage stage) { return !options.stages.empty() && options.stages.back() <= stage; };

  if (wants(Stage::Tokens)) {
    Diagnostics reported_again_by_the_parser;
    print(Stage::Tokens, dump_tokens(sources, file, reported_again_by_the_parser));
  }

  cdefs::Definitions definitions = read_c(sources, file, kernel, options.headers, diagnostics);
  ParseOptions parse_options{options.parameters, definitions.macro_texts};
  ast::Program program = parse(sources, file, parse_options, diagnostics);
  if (wants(Stage::Ast))
    print(Stage::Ast, ast::print(program));
  if (diagnostics.has_errors() || is_last(Stage::Ast))
    return result;

  sema::AnalyzeOptions analyze_options{options.parameters, options.pid, options.unsafe, options.config, &definitions};
  sema::Analysis analysis = sema::analyze(program, kernel, builtins::all_builtins(), analyze_options, diagnostics);
  if (wants(Stage::Types))
    print(Stage::Types, sema::print(analysis));
  if (diagnostics.has_errors() || is_last(Stage::Types))
    return result;

  codegen::Dumps dumps{wants(Stage::Ir), wants(Stage::IrOptimized), wants(Stage::Assembly), {}, {}, {}};
  result.image = codegen::generate(analysis, sources, kernel, dumps);
  if (dumps.want_ir)
    print(Stage::Ir, dumps.ir);
  if (dumps.want_optimized_ir)
    print(Stage::IrOptimized, dumps.optimized_ir);
  if (dumps.want_assembly)
    print(Stage::Assembly, dumps.assembly);
  if (wants(Stage::Image))
    print(Stage::Image, image::metadata_json(*result.image));
  return result;
}

}  // namespace sonde::driver
