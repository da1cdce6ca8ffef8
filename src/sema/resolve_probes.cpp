// Asks providers what attach points match, and groups the targets of a probe by what its body can
// read there.
#include "sema/resolve_probes.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <span>

#include "base/text.h"
#include "probes/provider.h"
#include "probes/report_match.h"
#include "probes/target_fit.h"
#include "sema/used_args.h"

namespace sonde::sema {
namespace {

class Resolver {
public:
  Resolver(kernel::Kernel &kernel, const AnalyzeOptions &options, Analysis &analysis, Diagnostics &diagnostics)
      : kernel_(kernel), match_{.kernel = kernel,
                                .pids = options.pids,
                                .unsafe = options.unsafe,
                                .command = options.command},
        analysis_(analysis), diagnostics_(diagnostics) {}

  void resolve(const ast::Probe &probe) {
    image::TargetFit fit = used_args(probe);
    std::map<std::string, size_t> units;  // of this probe, by provider and layout
    const std::vector<ast::AttachPoint> &points = probe.attach_points;
    for (size_t first = 0, end = 0; first < points.size(); first = end) {
      for (end = first + 1; end < points.size() && points[end].is_alternative;)
        ++end;
      resolve_one_of(probe, std::span(points).subspan(first, end - first), fit, units);
    }
    if (units.empty())
      add_missing(probe);
  }

  size_t target_count() const { return analysis_.probe_names.size(); }

private:
  // The first that exists. On other machines that may be any of them.
  void resolve_one_of(const ast::Probe &probe, std::span<const ast::AttachPoint> points, const image::TargetFit &fit,
                      std::map<std::string, size_t> &units) {
    bool is_resolved = false;
    for (const ast::AttachPoint &point : points) {
      bool is_last = &point == &points.back();
      if (is_resolved && kernel_.is_the_one())
        return;
      if ((is_last && !is_resolved) || exists(point)) {
        resolve(probe, point, is_resolved, points.size() > 1, fit, units);
        is_resolved = true;
      }
    }
  }

  bool exists(const ast::AttachPoint &point) {
    auto spec = probes::split_attach_point(point.text);
    if (!spec)
      return false;
    auto targets = spec->provider->match(spec->spec, match_);
    return targets.ok() || may_be_elsewhere(*spec, targets);
  }

  void resolve(const ast::Probe &probe, const ast::AttachPoint &attach_point, bool is_alternative,
               bool is_one_of_several, const image::TargetFit &fit, std::map<std::string, size_t> &units) {
    auto spec = probes::split_attach_point(attach_point.text);
    if (!spec) {
      report(attach_point.where, spec.error());
      return;
    }
    if (is_of_this_arch(*spec->provider)) {
      report(attach_point.where, refused_elsewhere(attach_point.text));
      return;
    }
    auto targets = spec->provider->match(spec->spec, match_);
    if (may_be_elsewhere(*spec, targets)) {
      if (!is_one_of_several)
        report_unseen(attach_point.where, targets.error());
      targets = std::vector<image::Target>{unseen(attach_point)};
    }
    if (!targets) {
      report_no_match(attach_point.where, targets.error());
      return;
    }
    if (targets->empty())
      report_no_match(attach_point.where,
                      {"use", "", fmt::format("nothing matches '{}'", attach_point.text), {}, ENOENT});
    analysis_.attach_points.push_back({attach_point.text, attach_point.where, {}, is_alternative});
    for (image::Target &target : *targets)
      if (!add(probe, *spec->provider, std::move(target), attach_point.where, fit, units))
        return;
  }

  // What is at hand of programs, and of a processor's registers for watchpoints, is of this machine.
  bool is_of_this_arch(const probes::Provider &provider) const {
    using image::ProviderKind;
    constexpr ProviderKind kKinds[] = {ProviderKind::Uprobe, ProviderKind::Uretprobe, ProviderKind::Usdt,
                                       ProviderKind::Watchpoint};
    return kernel_.arch() != native_arch() &&
           std::find(std::begin(kKinds), std::end(kKinds), provider.kind()) != std::end(kKinds);
  }

  Error refused_elsewhere(const std::string &text) const {
    return {"use", text,
            fmt::format("it depends on programs or the processor of the machine, which is {} here and not {}",
                        name_of(native_arch()), name_of(kernel_.arch())),
            fmt::format("build it on {}", name_of(kernel_.arch())), 0};
  }

  // On other machines there may be what this one lacks.
  bool may_be_elsewhere(const probes::ProviderSpec &spec, const Result<std::vector<image::Target>> &matched) const {
    bool is_missing = !matched && matched.error().error_number == ENOENT;
    return is_missing && !kernel_.is_the_one() && spec.provider->is_alike_everywhere();
  }

  static image::Target unseen(const ast::AttachPoint &point) {
    image::Target target;
    target.name = point.text;
    return target;
  }

  void report_unseen(Location where, const Error &error) {
    diagnostics_.warning(where, "on this machine {}", error.cause)
        .with_hint("it is looked for again where the script runs" + (error.hint.empty() ? "" : "; " + error.hint));
  }

  // Adds a target to the unit it fits, or to a new one. Without a use of `args`, all fit the first:
  // the format of each of a thousand tracepoints need not be read.
  bool add(const ast::Probe &probe, const probes::Provider &matched_by, image::Target target, Location where,
           image::TargetFit fit, std::map<std::string, size_t> &units) {
    bool uses_args = fit.reads_args();
    const probes::Provider &provider = matched_by.serving(target, {uses_args, fit.reads_kernel_stack}, kernel_);
    fit.group = provider.group(target);
    std::string group = fmt::format("{} {};{}", provider.name(), static_cast<int>(provider.kind()), fit.group);
    if (uses_args || !units.contains(group)) {
      auto context = provider.context(target, kernel_);
      if (!context) {
        report(where, context.error());
        return false;
      }
      if (!add_args(provider, *context, target, where, uses_args))
        return false;
      probes::complete_fit(fit, provider, target, *context, kernel_);
      if (uses_args)
        group += fmt::format(";{};{}", fit.group, fit.args);
      if (units.emplace(group, analysis_.units.size()).second) {
        Unit &unit = analysis_.units.emplace_back();
        unit.probe = &probe;
        unit.provider = &provider;
        unit.context = std::move(*context);
        unit.fit = std::move(fit);
      }
    }
    // A static probe with several places has one name.
    if (analysis_.probe_names.empty() || analysis_.probe_names.back() != target.name)
      analysis_.probe_names.push_back(target.name);
    target.name_index = analysis_.probe_names.size() - 1;
    Unit &unit = analysis_.units[units.at(group)];
    unit.targets.push_back(std::move(target));
    unit.points.push_back(static_cast<uint32_t>(analysis_.attach_points.size() - 1));
    return true;
  }

  bool add_args(const probes::Provider &provider, probes::Context &context, const image::Target &target, Location where,
                bool uses_args) {
    if (!uses_args)
      return true;
    if (auto done = provider.add_args(context, target, match_); !done) {
      report(where, done.error());
      return false;
    }
    if (context.types)
      analysis_.types->add(context.types);
    return true;
  }

  // A probe that is attached nowhere still says what its maps hold. What it may read there is not
  // known, so anything goes.
  void add_missing(const ast::Probe &probe) {
    Unit &unit = analysis_.units.emplace_back();
    unit.probe = &probe;
    unit.provider = probes::providers().front();
    unit.context.has_numbered_args = unit.context.has_retval = unit.context.has_function = true;
  }

  void report_no_match(Location where, const Error &error) {
    probes::report_match(diagnostics_, where, error, analysis_.config.missing_probes);
  }

  void report(Location where, const Error &error) {
    diagnostics_.error(where, "{}", probes::match_sentence(error)).with_hint(error.hint);
  }

  kernel::Kernel &kernel_;
  probes::MatchOptions match_;
  Analysis &analysis_;
  Diagnostics &diagnostics_;
};

Location whole_program(const ast::Program &program) {
  return Location::cover(program.probes.front().where, program.probes.back().where);
}

// An iterator ends the run when it is through: whatever else there is would see an accidental piece of it.
void check_alone(const Analysis &analysis, Diagnostics &diagnostics) {
  for (const Unit &unit : analysis.units)
    for (const Unit &other : analysis.units)
      if (unit.provider->is_alone() && &other != &unit && !other.provider->is_run_directly()) {
        diagnostics
            .error(unit.probe->where, "{} probes run alone, only begin and end go with them", unit.provider->name())
            .with_hint("put each iterator into a script of its own");
        return;
      }
}

void check_scope(const Analysis &analysis, Diagnostics &diagnostics) {
  for (const Unit &unit : analysis.units)
    if (analysis.scope.is_limited() && unit.provider->scoping() == probes::Scoping::Impossible)
      diagnostics.warning(unit.probe->where, "-p, --follow and --cgroup do not limit {} probes", unit.provider->name())
          .with_hint("a predicate over what the probe is given can");
}

}  // namespace

void resolve_probes(const ast::Program &program, kernel::Kernel &kernel, const AnalyzeOptions &options,
                    Analysis &analysis, Diagnostics &diagnostics) {
  if (program.probes.empty()) {
    diagnostics.error({}, "there is no probe in this script").with_hint("begin { printf(\"hello\\n\"); }");
    return;
  }
  Resolver resolver(kernel, options, analysis, diagnostics);
  for (const ast::Probe &probe : program.probes) {
    size_t before = resolver.target_count();
    resolver.resolve(probe);
    if (before <= analysis.config.max_probes && resolver.target_count() > analysis.config.max_probes)
      diagnostics
          .error(probe.where, "{} probes are more than max_probes ({})", resolver.target_count(),
                 analysis.config.max_probes)
          .with_hint("a narrower wildcard matches fewer; config = { max_probes = … } allows more");
  }
  check_alone(analysis, diagnostics);
  check_scope(analysis, diagnostics);
  if (resolver.target_count() == 0 && !diagnostics.has_errors())
    diagnostics.error(whole_program(program), "none of the probes exists on this system");
}

void name_programs(Analysis &analysis) {
  for (size_t i = 0; i < analysis.units.size(); ++i)
    analysis.units[i].function = fmt::format("{}_{}", analysis.units[i].provider->name(), i + 1);
  for (const Unit &unit : analysis.units)
    if (unit.session_return != kNoIndex)
      analysis.units[unit.session_return].function = unit.function;
}

}  // namespace sonde::sema
