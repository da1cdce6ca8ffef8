// The phases of semantic analysis, in order.
#include "sema/analyze.h"

#include "sema/apply_config.h"
#include "sema/check_growth.h"
#include "sema/check_loops.h"
#include "sema/choose_tables.h"
#include "sema/map_uses.h"
#include "sema/pair_sessions.h"
#include "sema/plan_events.h"
#include "sema/resolve_probes.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

void check_program_count(const ast::Program &program, const Analysis &analysis, Diagnostics &diagnostics) {
  if (analysis.units.size() > analysis.config.max_bpf_progs)
    diagnostics
        .error(program.probes.back().where, "{} BPF programs are more than max_bpf_progs ({})", analysis.units.size(),
               analysis.config.max_bpf_progs)
        .with_hint("config = { max_bpf_progs = … } allows more");
}

}  // namespace

Analysis analyze(const ast::Program &program, kernel::Kernel &kernel, builtins::Table builtins,
                 const AnalyzeOptions &options, Diagnostics &diagnostics) {
  Analysis analysis;
  analysis.config = options.config;
  analysis.is_stamped = options.stamp_records;
  analysis.counts_failed_reads = options.count_failed_reads;
  analysis.scope = options.scope;
  analysis.types = std::make_shared<TypeSource>(kernel, options.definitions);
  apply_config(program, kernel, analysis.config, diagnostics);
  resolve_probes(program, kernel, options, analysis, diagnostics);
  TypeChecker(program, kernel, builtins, options, analysis, diagnostics).run();
  if (!diagnostics.has_errors())
    check_loops(analysis, kernel, diagnostics);
  if (!diagnostics.has_errors()) {
    analysis.map_uses = collect_map_uses(program, analysis);
    check_growth(analysis, diagnostics);
    choose_tables(analysis, kernel, options.only_kernel_maps);
  }
  pair_sessions(analysis, kernel);
  name_programs(analysis);
  check_program_count(program, analysis, diagnostics);
  plan_events(analysis);
  return analysis;
}

}  // namespace sonde::sema
