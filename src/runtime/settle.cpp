#include "runtime/settle.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/diagnostics.h"
#include "base/text.h"
#include "image/enums_of_image.h"
#include "kernel/requirements.h"
#include "kernel/target_kernel.h"
#include "kernel/type_shape.h"
#include "probes/report_match.h"
#include "probes/target_fit.h"
#include "runtime/script_place.h"

namespace sonde::runtime {
namespace {

std::string release() {
  utsname running{};
  uname(&running);
  return running.release;
}

// Of the kind of type that a kernel::shape_of tells.
Type of_kind(const std::string &shape) {
  Type number = Type::integer(32, false);
  if (shape.ends_with('*'))
    return Type::pointer(Type::none(), AddressSpace::Kernel);
  if (shape.ends_with(']'))
    return Type::array(number, 1);
  if (shape.starts_with("enum "))
    return Type::enumeration("", 32, false, {});
  return shape.starts_with("struct ") || shape.starts_with("union ") ? Type::structure("") : number;
}

class Settler {
public:
  Settler(const image::ProgramImage &image, kernel::Kernel &kernel, kernel::Kernel &built_for,
          const RunOptions &options)
      : kernel_(kernel), match_{.kernel = kernel, .pids = options.pids, .unsafe = true, .command = options.program},
        built_for_{.kernel = built_for, .pids = options.pids, .unsafe = true, .command = options.program}, settled_{
                                                                                                               image,
                                                                                                               {}} {
    settled_.image.scope = options.scope();
  }

  void run() {
    for (const image::KernelUse &use : settled_.image.kernel_uses)
      look_up(use);
    for (image::ProgramSpec &program : settled_.image.programs) {
      built_names_.push_back(program.targets.empty() ? 0 : program.targets.front().name_index);
      program.targets.clear();
    }
    match_attach_points();
    name_enumerators();
    bool has_targets = std::any_of(settled_.image.programs.begin(), settled_.image.programs.end(),
                                   [](const image::ProgramSpec &program) { return !program.targets.empty(); });
    if (!has_targets && !problems_.has_errors())
      problems_.error({}, "none of the probes exists on this machine");
  }

  Diagnostics &problems() { return problems_; }
  Settled take() { return std::move(settled_); }

private:
  // ---- Uses of the kernel's types ----

  bool answers(const image::KernelQuestion &question) {
    switch (question.kind) {
    case image::KernelUseKind::FieldExists: return kernel::find_way(question.of, question.field, kernel_).has_value();
    case image::KernelUseKind::TypeExists:
    case image::KernelUseKind::TypedefExists: return kernel::has_type(question.of, kernel_);
    default: return kernel::has_function(question.of, kernel_);
    }
  }

  // Behind a question whose answer is another one here, the program takes nothing from the kernel.
  bool is_reached(const image::KernelUse &use) {
    return std::all_of(use.guards.begin(), use.guards.end(),
                       [&](const image::KernelGuard &guard) { return answers(guard.question) != guard.is_no; });
  }

  void look_up(const image::KernelUse &use) {
    if (!is_reached(use)) {
      settled_.types.expect();
      return;
    }
    switch (use.kind) {
    case image::KernelUseKind::Field: look_up_field(use); break;
    case image::KernelUseKind::RecordField: look_up_record_field(use); break;
    case image::KernelUseKind::Layout: look_up_layout(use); break;
    case image::KernelUseKind::Enumerator: look_up_enumerator(use); break;
    case image::KernelUseKind::Size: look_up_size(use); break;
    case image::KernelUseKind::Symbol: look_up_symbol(use); break;
    case image::KernelUseKind::FieldExists: answer_field(use); break;
    case image::KernelUseKind::TypeExists: answer_type(use); break;
    case image::KernelUseKind::TypedefExists:
    case image::KernelUseKind::FunctionExists: break;  // parameters
    }
  }

  void compare(const image::KernelUse &use, const std::string &what, const std::optional<std::string> &here) {
    if (!here)
      problems_.error(use.where, "{} does not exist in this kernel ({})", what, release());
    else if (*here != use.built)
      problems_.error(use.where, "{} is {} in this kernel ({}), and {} in the one that this was built with", what,
                      *here, release(), use.built);
  }

  // Once: nothing of the kernel's types can be looked up then.
  void report_no_types(const image::KernelUse &use, const Error &error) {
    if (!std::exchange(has_no_types_, true))
      problems_
          .error(use.where, "the types of this kernel ({}) are not known: could not {} {}: {}", release(), error.action,
                 error.object, error.cause)
          .with_hint(error.hint);
  }

  void look_up_field(const image::KernelUse &use) {
    auto root = kernel_.type(use.of);
    if (!root)
      return report_no_types(use, root.error());
    if (!*root || !(**root).layout) {
      problems_.error(use.where, "struct {} does not exist in this kernel ({})", use.of, release());
      return;
    }
    std::string what = fmt::format("field '{}' of struct {}", use.field, use.of);
    std::vector<Field> steps;
    std::shared_ptr<const StructLayout> layout = (**root).layout;
    for (std::string_view name : split(use.field, '.')) {
      const Field *step = layout ? layout->find(std::string(name)) : nullptr;
      if (!step)
        return compare(use, what, std::nullopt);
      steps.push_back(*step);
      layout = step->type.layout;
    }
    compare(use, what, kernel::shape_of(steps.back()));
    settled_.types.add(use.of, *(**root).layout, steps);
  }

  void look_up_size(const image::KernelUse &use) {
    auto type = kernel_.type(use.of);
    if (!type || !*type)
      compare(use, "struct " + use.of, std::nullopt);
  }

  void look_up_symbol(const image::KernelUse &use) {
    if (!kernel_.symbol_address(use.of))
      problems_.error(use.where, "this kernel ({}) has no symbol '{}'", release(), use.of)
          .with_hint(fmt::format("if (has_func({})) {{ … }} keeps it to kernels that have it", use.of));
  }

  void answer_type(const image::KernelUse &use) {
    settled_.types.expect();
    if (kernel::has_type(use.of, kernel_))
      settled_.types.add_type(use.of);
  }

  // Loaders take a field for another one if it is of another kind: the answer is by the name alone. What nothing
  // described when the program was built was asked for as an integer (Emitter::kernel_answer).
  void answer_field(const image::KernelUse &use) {
    settled_.types.expect();
    auto steps = kernel::find_way(use.of, use.field, kernel_);
    if (!steps)
      return;
    if (Type asked = of_kind(use.built); asked.kind != steps->back().type.kind)
      steps->back().type = std::move(asked);
    settled_.types.add(use.of, *(**kernel_.type(use.of)).layout, *steps);
  }

  void look_up_record_field(const image::KernelUse &use) {
    size_t colon = use.of.find(':');
    std::string event = use.of.substr(colon + 1);
    auto format = kernel_.tracepoint_format(use.of.substr(0, colon), event);
    if (!format)
      return;  // its attach point says so
    std::string what = fmt::format("argument '{}' of tracepoint:{}", use.field, use.of);
    const Field *found = format->arguments.find(use.field);
    if (!found)
      return compare(use, what, std::nullopt);
    compare(use, what, kernel::shape_of(*found));
    settled_.types.add(kernel::record_type(event), format->arguments, {kernel::record_member(*found)});
  }

  void look_up_enumerator(const image::KernelUse &use) {
    if (image::is_of_names(use))
      return;
    std::optional<std::string> value;
    if (auto found = kernel_.enum_with(use.of); found && *found)
      for (const Enumerator &enumerator : *(**found).enumerators)
        if (enumerator.name == use.of)
          value = std::to_string(enumerator.value);
    compare(use, use.of, value);
  }

  void look_up_layout(const image::KernelUse &use) {
    std::optional<std::string> here = kernel::layout_of(use.of, kernel_);
    if (!here)
      return compare(use, "struct " + use.of, here);
    if (*here != use.built)
      problems_
          .error(use.where, "struct {} is copied as a whole, and lies otherwise in this kernel ({})", use.of, release())
          .with_hint("fields are found where they lie: read them from there, or by a pointer (&…) instead of a copy");
  }

  // Values of the kernel's enums go by the names that they have here; without any, they print as numbers.
  void name_enumerators() {
    const std::vector<image::KernelUse> &uses = settled_.image.kernel_uses;
    if (std::none_of(uses.begin(), uses.end(), image::is_of_names))
      return;
    image::replace_enums(settled_.image, [&](Type type) {
      if (std::none_of(uses.begin(), uses.end(), [&](const image::KernelUse &use) { return image::names(use, type); }))
        return type;
      auto here = type.name.empty() ? kernel_.enum_with(type.enumerators->front().name) : kernel_.type(type.name);
      bool is_known = here && *here && (**here).kind == TypeKind::Enum;
      type.enumerators = is_known ? (**here).enumerators : nullptr;
      return type;
    });
  }

  // ---- Attach points ----

  // Of a chain of alternatives the first that exists; of none, what the last one lacks is told.
  void match_attach_points() {
    const std::vector<image::AttachPoint> &points = settled_.image.attach_points;
    bool has_matched = false;
    for (size_t i = 0; i < points.size(); ++i) {
      has_matched = has_matched && points[i].is_alternative;
      bool is_last = i + 1 == points.size() || !points[i + 1].is_alternative;
      if (has_matched || (!is_last && !exists(points[i])))
        continue;
      match(points[i]);
      has_matched = true;
      if (count_targets() > settled_.image.config.max_probes)
        return refuse_many(points[i]);
    }
  }

  size_t count_targets() const {
    size_t count = 0;
    for (const image::ProgramSpec &program : settled_.image.programs)
      count += program.targets.size();
    return count;
  }

  void refuse_many(const image::AttachPoint &point) {
    problems_
        .error(point.where, "{} probes are more than max_probes ({})", count_targets(),
               settled_.image.config.max_probes)
        .with_hint("BPFTRACE_MAX_PROBES=… allows more");
  }

  bool exists(const image::AttachPoint &point) {
    auto spec = probes::split_attach_point(point.text);
    return spec && spec->provider->match(spec->spec, match_).ok();
  }

  void match(const image::AttachPoint &point) {
    auto spec = probes::split_attach_point(point.text);
    if (!spec)
      return report(point, spec.error());
    auto targets = spec->provider->match(spec->spec, match_);
    if (!targets)
      return report(point, targets.error());
    size_t served = 0;
    for (image::Target &target : *targets)
      served += add(point, *spec->provider, std::move(target)) ? 1 : 0;
    if (served < targets->size())
      report(point, {"use", "",
                     fmt::format("{} of {} targets of {} are not like those that this was built with",
                                 targets->size() - served, targets->size(), point.text),
                     "their arguments are others, or the kernel reaches them otherwise", ENOENT});
  }

  // Gives the target to the first program that it fits.
  bool add(const image::AttachPoint &point, const probes::Provider &provider, image::Target target) {
    std::optional<probes::Served> served;
    for (uint32_t index : point.programs) {
      image::ProgramSpec &program = settled_.image.programs[index];
      // All programs of an attach point come of one probe, which reads what it reads.
      if (!served) {
        image::TargetFit reads = program.fit;
        reads.group.clear();
        reads.args.clear();
        auto found = probes::serve(provider, target, std::move(reads), built_for_);
        if (!found)
          return false;
        served = found.take();
      }
      if (served->provider->kind() != program.provider || !(served->fit == program.fit))
        continue;
      target.name_index = name_index(index, target.name);
      program.targets.push_back(std::move(target));
      return true;
    }
    return false;
  }

  uint64_t name_index(uint32_t program, const std::string &name) {
    std::vector<std::string> &names = settled_.image.probe_names;
    if (!settled_.image.programs[program].needs_cookie) {
      names[built_names_[program]] = name;
      return built_names_[program];
    }
    if (names.empty() || names.back() != name)
      names.push_back(name);
    return names.size() - 1;
  }

  void report(const image::AttachPoint &point, const Error &error) {
    probes::report_match(problems_, point.where, error, settled_.image.config.missing_probes);
  }

  kernel::Kernel &kernel_;
  probes::MatchOptions match_, built_for_;
  Settled settled_;
  bool has_no_types_ = false;
  std::vector<uint64_t> built_names_;  // of programs: the name that those without a cookie know
  Diagnostics problems_;
};

}  // namespace

Result<Settled> settle(const image::ProgramImage &image, kernel::Kernel &kernel, const RunOptions &options) {
  auto oldest = kernel::parse_version(image.oldest_kernel);
  if (!oldest)
    return Error{"run", image.source_name, fmt::format("'{}' is no version of Linux", image.oldest_kernel), {}, 0};
  if (!image.arch.empty() && image.arch != name_of(kernel.arch()))
    return Error{"run", image.source_name,
                 fmt::format("it was built for {}; this machine is {}", image.arch, name_of(kernel.arch())),
                 fmt::format("sonde build --target-arch {} makes one for it", name_of(kernel.arch())), 0};
  if (kernel.version() < *oldest)
    return Error{"run", image.source_name,
                 fmt::format("it was built for Linux {} and later; this is {}", kernel::to_string(*oldest), release()),
                 fmt::format("sonde build --target-kernel {} makes one for it, if the script allows",
                             kernel::to_string(kernel.version())),
                 0};
  std::unique_ptr<kernel::Kernel> built_for = kernel::kernels_from(*oldest, kernel);
  Settler settler(image, kernel, *built_for, options);
  settler.run();
  std::string text = settler.problems().format(sources_of(image), options.colour);
  if (settler.problems().has_errors())
    return Error{"run", image.source_name, fmt::format("it does not fit this machine\n{}", trim(text)), {}, 0};
  fmt::print(stderr, "{}", text);
  return settler.take();
}

}  // namespace sonde::runtime
