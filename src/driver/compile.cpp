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

// What one phase leaves for the next. Each says whether there is anything left to do.
class Chain {
public:
  Chain(Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options, Diagnostics &diagnostics)
      : sources_(sources), file_(file), kernel_(kernel), options_(options), diagnostics_(diagnostics) {}

  Compilation run() {
    if (wants(Stage::Tokens)) {
      Diagnostics reported_again_by_the_parser;
      print(Stage::Tokens, dump_tokens(sources_, file_, reported_again_by_the_parser));
    }
    if (read() && expand() && analyze())
      generate();
    return std::move(result_);
  }

private:
  // The script and what it imports, with the C in them.
  bool read() {
    ImportedFiles files = load_imports(sources_, file_, diagnostics_);
    CHeaders headers = options_.headers;
    headers.files.insert(headers.files.end(), files.headers.begin(), files.headers.end());
    definitions_ = read_c(sources_, files.scripts, kernel_, headers, diagnostics_);
    c_ = import_bpf_c(files.bpf_c, kernel_, headers, definitions_, sources_, diagnostics_);
    functions_ = c_.functions.with_builtins();
    program_ = parse(sources_, files.scripts, {options_.parameters, definitions_.macro_texts}, diagnostics_);
    if (wants(Stage::Ast))
      print(Stage::Ast, ast::print(program_));
    return goes_on_behind(Stage::Ast);
  }

  // Macros, and the script's own options.
  bool expand() {
    program_ = sema::expand_macros(std::move(program_), functions_, diagnostics_);
    result_.options = collect_options(program_, diagnostics_);
    if (diagnostics_.has_errors() || options_.wants_options_help)
      return false;
    result_.wrong_option = image::set_options(result_.options, options_.given);
    return !result_.wrong_option;
  }

  bool analyze() {
    sema::AnalyzeOptions options{options_.parameters, options_.pids,   options_.unsafe,
                                 options_.config,     result_.options, &definitions_};
    options.stamp_records = options_.stamp_records;
    options.count_failed_reads = options_.count_failed_reads;
    options.scope = options_.scope;
    options.command = options_.command;
    options.only_kernel_maps = options_.only_kernel_maps;
    analysis_ = sema::analyze(program_, kernel_, functions_, options, diagnostics_);
    if (wants(Stage::Types))
      print(Stage::Types, sema::print(analysis_));
    return goes_on_behind(Stage::Types);
  }

  void generate() {
    codegen::Dumps dumps;
    dumps.want_ir = wants(Stage::Ir) || options_.keeps_ir;
    dumps.want_optimized_ir = wants(Stage::IrOptimized) || options_.keeps_ir;
    dumps.want_assembly = wants(Stage::Assembly);
    result_.image = codegen::generate(analysis_, sources_, kernel_, diagnostics_, dumps, c_.modules);
    if (!kernel_.is_the_one())
      std::copy_if(result_.options.begin(), result_.options.end(), std::back_inserter(result_.image->options),
                   [](const image::ScriptOption &option) { return !option.is_given; });
    if (wants(Stage::Ir))
      print(Stage::Ir, dumps.ir);
    if (wants(Stage::IrOptimized))
      print(Stage::IrOptimized, dumps.optimized_ir);
    if (dumps.want_assembly)
      print(Stage::Assembly, dumps.assembly);
    if (wants(Stage::Image))
      print(Stage::Image, image::metadata_json(*result_.image));
    result_.original_ir = std::move(dumps.ir);
    result_.optimized_ir = std::move(dumps.optimized_ir);
  }

  bool wants(Stage stage) const {
    return std::find(options_.stages.begin(), options_.stages.end(), stage) != options_.stages.end();
  }
  void print(Stage stage, std::string text) { result_.stage_texts.emplace_back(stage, std::move(text)); }
  // Who only wants to see stages need not wait for those behind the last one.
  bool goes_on_behind(Stage stage) const {
    bool is_last = !options_.stages.empty() && options_.stages.back() <= stage;
    return !diagnostics_.has_errors() && !is_last;
  }

  Sources &sources_;
  size_t file_;
  kernel::Kernel &kernel_;
  const CompileOptions &options_;
  Diagnostics &diagnostics_;
  Compilation result_;
  cdefs::Definitions definitions_;
  ImportedC c_;
  builtins::Table functions_;
  ast::Program program_;
  sema::Analysis analysis_;
};

}  // namespace

Compilation compile(Sources &sources, size_t file, kernel::Kernel &kernel, const CompileOptions &options,
                    Diagnostics &diagnostics) {
  return Chain(sources, file, kernel, options, diagnostics).run();
}

}  // namespace sonde::driver
