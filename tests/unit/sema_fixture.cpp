// The fixture's builtins: enough of each form to exercise every rule of their use.
#include "sema_fixture.h"

#include <algorithm>

#include "parser/parse.h"
#include "sema/builtin_use.h"
#include "sema/expand_macros.h"

namespace sonde::testing {
namespace {

using builtins::Builtin;
using builtins::Form;
using builtins::kAnyCount;
using sema::BuiltinUse;

Type check_id(BuiltinUse &) { return Type::integer(32, false); }
Type check_nsecs(BuiltinUse &) { return Type::uint64(); }
Type check_comm(BuiltinUse &) { return Type::string(16); }
Type check_elapsed(BuiltinUse &) { return Type::uint64(); }
Type check_retval(BuiltinUse &) { return Type::int64(); }
Type check_args(BuiltinUse &use) {
  if (!use.context().args)
    use.error(use.where(), "no args here");
  return use.context().args.value_or(Type::none());
}
Type check_arg(BuiltinUse &use) {
  if (use.number() > 9)
    use.error(use.where(), "too many");
  return Type::uint64();
}
Type check_probe(BuiltinUse &use) {
  use.needs_target_name();
  return Type::probe_name();
}
Type check_curtask(BuiltinUse &) { return Type::pointer(Type::structure("task_struct"), AddressSpace::Kernel); }
Type check_str(BuiltinUse &use) {
  if (std::holds_alternative<ast::PositionalParameter>(use.argument(0).node))
    return Type::string(static_cast<uint32_t>(use.parameter_text(0).value_or("").size() + 1));
  use.value(0);
  if (use.count() > 1)
    use.integer(1);
  auto known = use.count() > 1 ? use.known_constant(1) : std::nullopt;
  return Type::string(known ? static_cast<uint32_t>(*known + 1) : 64);
}
Type check_entry(BuiltinUse &use) {
  if (use.is_map_entry(0))
    use.map_entry(0);
  else if (auto map = use.map(0); map && use.count() > 1)
    use.key(1, *map);
  return Type::boolean();
}
Type check_printf(BuiltinUse &use) {
  std::string format = use.literal(0).value_or("");
  std::vector<Type> fields;
  for (size_t i = 1; i < use.count(); ++i)
    fields.push_back(use.value(i));
  use.event(image::EventKind::Printf, format, fields);
  return Type::none();
}
Type check_print(BuiltinUse &use) {
  const auto *map = std::get_if<ast::Map>(&use.argument(0).node);
  if (map && !map->key)
    use.event(image::EventKind::PrintMap, "", {}, use.map(0),
              use.count() > 1 ? static_cast<uint32_t>(use.constant(1).value_or(0)) : 0);
  else
    use.event(image::EventKind::PrintValue, "", {use.value(0)});
  return Type::none();
}
Type check_clear(BuiltinUse &use) {
  use.event(image::EventKind::ClearMap, "", {}, use.map(0));
  return Type::none();
}
Type check_exit(BuiltinUse &use) {
  use.event(image::EventKind::Exit, "", {});
  return Type::none();
}
Type check_count(BuiltinUse &) { return Type::count_aggregate(); }
Type check_sum(BuiltinUse &use) { return Type::sum(use.integer(0).is_signed); }
Type check_stats(BuiltinUse &use) { return Type::average(TypeKind::Stats, use.integer(0).is_signed); }
Type check_hist(BuiltinUse &use) {
  use.integer(0);
  return Type::hist(use.count() > 1 ? static_cast<uint32_t>(use.constant(1).value_or(0)) : 0);
}

constexpr Builtin kRows[] = {
    {"arg", Form::Value, 0, 0, "arg0 … argN", "", check_arg, nullptr, true},
    {"args", Form::Value, 0, 0, "args", "", check_args},
    {"clear", Form::Statement, 1, 1, "clear(@map)", "", check_clear},
    {"comm", Form::Value, 0, 0, "comm", "", check_comm},
    {"count", Form::Aggregation, 0, 0, "count()", "", check_count},
    {"curtask", Form::Value, 0, 0, "curtask", "", check_curtask},
    {"delete", Form::Function, 1, 2, "delete(@map, key)", "", check_entry, nullptr, false, /*has_effects=*/true,
     builtins::Role::RemovesEntries},
    {"elapsed", Form::Value, 0, 0, "elapsed", "", check_elapsed},
    {"exit", Form::Statement, 0, 0, "exit()", "", check_exit},
    {"gone_through", Form::Function, 1, 1, "gone_through(@map)", "", check_entry},
    {"has_key", Form::Function, 2, 2, "has_key(@map, key)", "", check_entry},
    {"hist", Form::Aggregation, 1, 2, "hist(n [, bits])", "", check_hist},
    {"nsecs", Form::Value, 0, 0, "nsecs", "", check_nsecs},
    {"pid", Form::Value, 0, 0, "pid", "", check_id},
    {"print", Form::Statement, 1, 3, "print(value)", "", check_print},
    {"printf", Form::Statement, 1, kAnyCount, "printf(format, ...)", "", check_printf},
    {"probe", Form::Value, 0, 0, "probe", "", check_probe},
    {"retval", Form::Value, 0, 0, "retval", "", check_retval},
    {"stats", Form::Aggregation, 1, 1, "stats(n)", "", check_stats},
    {"str", Form::Function, 1, 2, "str(address [, length])", "", check_str},
    {"sum", Form::Aggregation, 1, 1, "sum(n)", "", check_sum},
    {"tid", Form::Value, 0, 1, "tid", "", check_id, nullptr, false, false, builtins::Role::ThreadId},
};

}  // namespace

builtins::Table few_builtins() {
  static const std::vector<const Builtin *> rows = [] {
    std::vector<const Builtin *> all;
    for (const Builtin &row : kRows)
      all.push_back(&row);
    return all;
  }();
  return rows;
}

Script::Script(std::string text, sema::AnalyzeOptions options, builtins::Table table)
    : Script(std::move(text), kernel::FakeKernel(), std::move(options), table) {}

Script::Script(std::string text, kernel::FakeKernel kernel, sema::AnalyzeOptions options, builtins::Table table)
    : kernel_(std::move(kernel)) {
  size_t file = sources_.add("script", std::move(text));
  program_ = parse(sources_, file, {options.positional_parameters}, diagnostics_);
  program_ = sema::expand_macros(std::move(program_), table, diagnostics_);
  if (!diagnostics_.has_errors())
    analysis_ = sema::analyze(program_, kernel_, table, options, diagnostics_);
}

std::vector<std::string> Script::messages() const {
  std::vector<std::string> out;
  for (const Diagnostic &diagnostic : diagnostics_.all()) {
    std::string text = diagnostic.severity == Severity::Error ? "error: " : "warning: ";
    text += diagnostic.message;
    for (const DiagnosticNote &note : diagnostic.notes)
      text += fmt::format(" | note: {} '{}'", note.message, sources_.text(note.where));
    if (!diagnostic.hint.empty())
      text += " | hint: " + diagnostic.hint;
    out.push_back(std::move(text));
  }
  return out;
}

std::string Script::map(const std::string &name) const {
  for (const image::MapSpec &map : analysis_.maps)
    if (map.name == name)
      return name + (map.is_scalar() ? "" : "[" + to_string(map.key) + "]") + ": " + to_string(map.value);
  return {};
}

std::string Script::variable(const std::string &name) const {
  for (const sema::VariableInfo &variable : analysis_.units.front().variables)
    if (variable.name == name)
      return to_string(variable.type);
  return {};
}

}  // namespace sonde::testing
