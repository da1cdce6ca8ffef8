// The rounds of type checking; what one construct needs is in check_*.cpp.
#include "sema/type_checker.h"

#include "sema/kernel_questions.h"

#include "base/text.h"
#include "kernel/requirements.h"
#include "sema/expand_macros.h"

#include <algorithm>

namespace sonde::sema {
namespace {

// Visits of one unit, far above what converges: a bound for types that would grow for ever.
constexpr uint32_t kMaxVisits = 100;

}  // namespace

TypeChecker::TypeChecker(const ast::Program &program, kernel::Kernel &kernel, builtins::Table builtins,
                         const AnalyzeOptions &options, Analysis &analysis, Diagnostics &diagnostics)
    : kernel_(kernel), options_(options), analysis_(analysis), diagnostics_(diagnostics), reporter_(diagnostics),
      builtins_(builtins), type_names_(*analysis.types, reporter_), maps_(analysis), states_(analysis.units.size()),
      is_waiting_(analysis.units.size(), false) {
  maps_.declare(program.map_declarations, reporter_);
}

void TypeChecker::run() {
  reporter_.set_silent(true);
  settle_types();
  drop_missing_probes();
  split_units();
  reporter_.set_silent(false);
  report();
}

void TypeChecker::settle_types() {
  settle_round();
  if (!maps_.has_unknown())
    return;
  is_guessing_ = true;
  settle_round();
  is_guessing_ = false;
}

void TypeChecker::settle_round() {
  std::vector<uint32_t> times(analysis_.units.size(), 0);
  for (uint32_t unit = 0; unit < analysis_.units.size(); ++unit)
    check_again(unit);
  while (!waiting_.empty()) {
    uint32_t unit = waiting_.front();
    waiting_.pop_front();
    is_waiting_[unit] = false;
    if (times[unit]++ < kMaxVisits)
      check_unit(unit);
  }
}

void TypeChecker::check_again(uint32_t unit) {
  // Nothing changes any more while reporting, except types that would grow for ever.
  if (!reporter_.is_silent() || is_waiting_[unit])
    return;
  is_waiting_[unit] = true;
  waiting_.push_back(unit);
}

// Maps that only such probes assign keep what is known of them.
void TypeChecker::drop_missing_probes() {
  std::vector<Unit> units;
  std::vector<UnitState> states;
  for (size_t i = 0; i < analysis_.units.size(); ++i) {
    if (analysis_.units[i].targets.empty())
      continue;
    units.push_back(std::move(analysis_.units[i]));
    states.push_back(std::move(states_[i]));
  }
  if (units.size() < analysis_.units.size())
    maps_.assume_integers();
  analysis_.units = std::move(units);
  states_ = std::move(states);
}

// A wildcard can match other targets on another machine, unless the program is for one target alone.
bool TypeChecker::may_have_more_elsewhere(const Unit &unit) const {
  if (unit.targets.size() == 1 && unit.fit.group == unit.targets.front().name)
    return false;
  auto is_wildcard = [&](uint32_t point) { return has_glob(analysis_.attach_points[point].text); };
  return !kernel_.is_the_one() && std::any_of(unit.points.begin(), unit.points.end(), is_wildcard);
}

// Programs for one target each can be made for the targets that are known, but not for those of another machine.
void TypeChecker::require_names(const Unit &unit) {
  if (!may_have_more_elsewhere(unit))
    return;
  if (kernel_.has(kernel::Feature::AttachCookie)) {
    diagnostics_
        .error(unit.probe->where, "a name that is compared with that of each probe cannot come from a wildcard "
                                  "on another machine")
        .with_hint("name the probes, or compare what is printed");
    return;
  }
  constexpr kernel::KernelVersion kCookies{5, 15, 0};
  diagnostics_
      .error(unit.probe->where, "{}",
             kernel::needs_newer_kernel("telling the probes of a wildcard apart", kCookies, kernel_))
      .with_hint(fmt::format("--target-kernel {} builds for kernels from it on", kernel::to_string(kCookies)));
}

// A unit whose targets have different names to tell needs the kernel to say which one fired; where
// it cannot, each target gets a program of its own.
void TypeChecker::split_units() {
  std::vector<Unit> units;
  std::vector<UnitState> states;
  for (size_t i = 0; i < analysis_.units.size(); ++i) {
    Unit &unit = analysis_.units[i];
    bool has_several = unit.targets.size() > 1 || may_have_more_elsewhere(unit);
    bool is_ambiguous = (states_[i].reads_target_name || analysis_.is_stamped) && has_several;
    bool can_ask = is_ambiguous && !states_[i].compares_target_name && !unit.provider->is_run_directly() &&
                   (unit.context.syscalls || kernel_.has(kernel::Feature::AttachCookie));
    if (!is_ambiguous || can_ask) {
      unit.needs_cookie = can_ask;
      units.push_back(std::move(unit));
      states.push_back(std::move(states_[i]));
      continue;
    }
    require_names(unit);
    std::vector<image::Target> targets = std::move(unit.targets);
    std::vector<uint32_t> points = std::move(unit.points);
    for (size_t t = 0; t < targets.size(); ++t) {
      unit.targets = {std::move(targets[t])};
      unit.points = {points[t]};
      units.push_back(unit);
      states.push_back(states_[i]);
    }
  }
  analysis_.units = std::move(units);
  states_ = std::move(states);
}

void TypeChecker::report() {
  for (uint32_t unit = 0; unit < analysis_.units.size(); ++unit)
    check_unit(unit);
  if (!diagnostics_.has_errors())
    require_types();
  maps_.choose_storage(analysis_.config, kernel_.version(), reporter_);
}

// What is still unknown although nothing was reported hangs on itself: @a = @b; @b = @a.
void TypeChecker::require_types() {
  auto is_unknown = [](const image::MapSpec &map) { return map.value.is_none(); };
  auto map = std::find_if(analysis_.maps.begin(), analysis_.maps.end(), is_unknown);
  if (map != analysis_.maps.end()) {
    // Others depend on the same circle.
    error(analysis_.map_first_uses[map - analysis_.maps.begin()],
          fmt::format("the type of {} cannot be told", map->name))
        .with_hint("it is only ever assigned values that depend on itself");
    return;
  }
  for (const Unit &unit : analysis_.units)
    for (const VariableInfo &variable : unit.variables)
      if (variable.type.is_none())
        warning(variable.declared, fmt::format("${} is declared but never used", written_name(variable.name)));
}

void TypeChecker::check_unit(uint32_t unit) {
  unit_ = &analysis_.units[unit];
  unit_index_ = unit;
  ++pass_;
  const ast::Probe &probe = *unit_->probe;
  unit_->exprs.resize(probe.end_expr - probe.first_expr);
  // Stamps of other units may stay: no pass number comes twice.
  if (checked_.size() < unit_->exprs.size())
    checked_.resize(unit_->exprs.size());
  visible_.clear();
  ended_.clear();
  scopes_.clear();
  has_value_.assign(unit_->variables.size(), false);
  loop_depth_ = 0;
  open_scope();
  declare_kept_variables();
  if (probe.predicate)
    condition(*probe.predicate);
  auto check_body = [&] { check_block(probe.body); };
  if (!probe.predicate)
    check_body();
  else if (kernel_decides(*probe.predicate, *unit_).value_or(true))
    check_branch(*probe.predicate, true, check_body);
  close_scope();
}

void TypeChecker::mark_readers(uint32_t map) {
  for (uint32_t unit : maps_.state(map).readers)
    check_again(unit);
}

}  // namespace sonde::sema
