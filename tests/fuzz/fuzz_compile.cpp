// Any bytes through the whole compiler on a kernel of literals: what is wrong is reported, what is
// right becomes an object, and nothing crashes.
#include <cstdint>
#include <cstdlib>

#include "base/diagnostics.h"
#include "builtins/builtin.h"
#include "codegen/generate.h"
#include "driver/script_options.h"
#include "kernel/fake_kernel.h"
#include "parser/parse.h"
#include "sema/analyze.h"
#include "sema/expand_macros.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text(reinterpret_cast<const char *>(data), size);
  sonde::Sources sources;
  size_t file = sources.add("fuzz", text);
  sonde::Diagnostics diagnostics;
  sonde::ParseOptions options;
  options.positional_parameters = {"a", "2"};
  sonde::ast::Program program = sonde::parse(sources, file, options, diagnostics);
  program = sonde::sema::expand_macros(std::move(program), sonde::builtins::all_builtins(), diagnostics);
  std::vector<sonde::image::ScriptOption> script_options = sonde::driver::collect_options(program, diagnostics);
  if (diagnostics.has_errors())
    return 0;

  sonde::kernel::FakeKernel kernel;
  sonde::sema::AnalyzeOptions analyze_options;
  analyze_options.options = std::move(script_options);
  analyze_options.positional_parameters = options.positional_parameters;
  sonde::sema::Analysis analysis =
      sonde::sema::analyze(program, kernel, sonde::builtins::all_builtins(), analyze_options, diagnostics);
  diagnostics.format(sources);
  if (diagnostics.has_errors())
    return 0;

  sonde::codegen::Dumps dumps;
  bool has_object = !sonde::codegen::generate(analysis, sources, kernel, diagnostics, dumps).object.empty();
  if (has_object == diagnostics.has_errors())
    std::abort();
  return 0;
}
