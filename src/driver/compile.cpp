// The chain, one phase after the other; it stops after the first with errors.
#include "driver/compile.h"

#include <algorithm>
#include <iterator>

#include "ast/print.h"
#include "codegen/generate.h"
#include "driver/import_bpf_c.h"
#include "driver/load_imports.h"
#include "image/image_file.h"
#include "lexer/lexer.h"
#include "parser/parse.h"
#include "sema/analyze.h"
#include "sema/expand_macros.h"

namespace sonde::driver {

namespace {

// The script and what it imports, with the C in them.
ast::Program read_program(Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
                          cdefs::Definitions &definitions, ImportedC &imported_c, Diagnostics &diagnostics) {
  ImportedFiles files = load_imports(sources, file, diagnostics);
  CHeaders headers = options.headers;
  headers.files.insert(headers.files.end(), files.headers.begin(), files.headers.end());
  definitions = read_c(sources, files.scripts, kernel, headers, diagnostics);
  imported_c = import_bpf_c(files.bpf_c, kernel, headers, definitions, sources, diagnostics);
  return parse(sources, files.scripts, {options.parameters, definitions.macro_texts}, diagnostics);
}

}  // namespace

Compilation compile(Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
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

  cdefs::Definitions definitions;
  ImportedC imported_c;
  ast::Program program = read_program(sources, file, kernel, options, definitions, imported_c, diagnostics);
  builtins::Table functions = imported_c.functions.with_builtins();
  if (wants(Stage::Ast))
    print(Stage::Ast, ast::print(program));
  if (diagnostics.has_errors() || is_last(Stage::Ast))
    return result;
  program = sema::expand_macros(std::move(program), functions, diagnostics);
  result.options = collect_options(program, diagnostics);
  if (diagnostics.has_errors() || options.wants_options_help)
    return result;
  result.wrong_option = image::set_options(result.options, options.given);
  if (result.wrong_option)
    return result;

  sema::AnalyzeOptions analyze_options{options.parameters, options.pids,   options.unsafe,
                                       options.config,     result.options, &definitions};
  analyze_options.stamp_records = options.stamp_records;
  analyze_options.count_failed_reads = options.count_failed_reads;
  analyze_options.scope = options.scope;
  analyze_options.command = options.command;
  sema::Analysis analysis = sema::analyze(program, kernel, functions, analyze_options, diagnostics);
  if (wants(Stage::Types))
    print(Stage::Types, sema::print(analysis));
  if (diagnostics.has_errors() || is_last(Stage::Types))
    return result;

  codegen::Dumps dumps{wants(Stage::Ir) || options.keeps_ir,
                       wants(Stage::IrOptimized) || options.keeps_ir,
                       wants(Stage::Assembly),
                       {},
                       {},
                       {}};
  result.image = codegen::generate(analysis, sources, kernel, diagnostics, dumps, imported_c.modules);
  if (!kernel.is_the_one())
    std::copy_if(result.options.begin(), result.options.end(), std::back_inserter(result.image->options),
                 [](const image::ScriptOption &option) { return !option.is_given; });
  if (wants(Stage::Ir))
    print(Stage::Ir, dumps.ir);
  if (wants(Stage::IrOptimized))
    print(Stage::IrOptimized, dumps.optimized_ir);
  if (dumps.want_assembly)
    print(Stage::Assembly, dumps.assembly);
  if (wants(Stage::Image))
    print(Stage::Image, image::metadata_json(*result.image));
  result.original_ir = std::move(dumps.ir);
  result.optimized_ir = std::move(dumps.optimized_ir);
  return result;
}

}  // namespace sonde::driver
