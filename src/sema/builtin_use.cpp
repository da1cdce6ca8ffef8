// What a builtin's check may ask and report, answered by the type checker.
#include "sema/builtin_use.h"

#include <algorithm>

#include "kernel/requirements.h"
#include "sema/type_checker.h"

namespace sonde::sema {

BuiltinUse::BuiltinUse(TypeChecker &checker, const builtins::Builtin &builtin, const ast::Expr &expr,
                       const std::vector<ast::ExprPtr> *arguments, uint32_t number)
    : checker_(checker), builtin_(builtin), expr_(expr), arguments_(arguments), number_(number) {}

Type BuiltinUse::value(size_t i) {
  const ast::Expr &expr = argument(i);
  // Checks may ask again: typing once keeps nested calls linear and events single.
  return checker_.is_checked(expr) ? checker_.info_of(expr).type : checker_.value(expr).type;
}

Type BuiltinUse::integer(size_t i) {
  Type type = value(i);
  bool fits = checker_.require_integer(argument(i), fmt::format("{}()", builtin_.name));
  return fits ? type : Type::none();
}

std::optional<std::string> BuiltinUse::literal(size_t i) {
  const ast::Expr &expr = argument(i);
  bool is_known = !value(i).is_none();
  if (checker_.info_of(expr).text)
    return checker_.info_of(expr).text;
  if (is_known)
    error(expr.where, fmt::format("{}() needs a string literal here", builtin_.name))
        .with_hint(std::string(builtin_.signature));
  return std::nullopt;
}

std::optional<int64_t> BuiltinUse::constant(size_t i) {
  Type type = integer(i);
  std::optional<uint64_t> known = known_constant(i);
  if (known)
    return static_cast<int64_t>(*known);
  if (!type.is_none())
    error(where(i), fmt::format("{}() needs a constant here", builtin_.name))
        .with_hint(std::string(builtin_.signature));
  return std::nullopt;
}

std::optional<uint64_t> BuiltinUse::known_constant(size_t i) const { return checker_.info_of(argument(i)).constant; }

std::optional<std::string> BuiltinUse::known_text(size_t i) const { return checker_.info_of(argument(i)).text; }

void BuiltinUse::known_to_be(uint64_t value) { checker_.info_of(expr_).constant = value; }
void BuiltinUse::known_to_be(std::string text) { checker_.info_of(expr_).text = std::move(text); }

void BuiltinUse::assigns(size_t i, const Type &type) {
  const auto *variable = std::get_if<ast::Variable>(&argument(i).node);
  if (!variable) {
    error(where(i), fmt::format("{}() needs a variable here", builtin_.name))
        .with_hint(std::string(builtin_.signature));
    return;
  }
  std::optional<uint32_t> index = checker_.find_variable(variable->name);
  if (!index) {
    checker_.report_undefined_variable(variable->name, where(i));
    return;
  }
  ExprInfo &target = checker_.info_of(argument(i));
  target = {};
  target.variable = *index;
  ExprInfo value;
  value.type = type;
  checker_.merge_variable(*index, type, value, where(i));
  target.type = checker_.slot(*index).type;
}

Type BuiltinUse::option(const std::string &name) {
  const std::vector<image::ScriptOption> &options = checker_.options_.options;
  auto found = std::find_if(options.begin(), options.end(),
                            [&](const image::ScriptOption &option) { return option.name == name; });
  if (found == options.end())
    return Type::none();  // reported where options were collected
  if (!kernel().is_the_one() && !found->is_given)
    return found->type.is_string() ? Type::string(image::kTextBytes) : found->type;
  ExprInfo &info = checker_.info_of(expr_);
  if (found->type.is_string())
    info.text = found->text;
  else
    info.constant = static_cast<uint64_t>(found->number);
  return found->type;
}

std::optional<std::string> BuiltinUse::parameter_text(size_t i) {
  const ExprInfo &info = checker_.value(argument(i));
  return checker_.awaits_parameters() ? std::nullopt : std::optional(info.text.value_or(""));
}

std::optional<uint32_t> BuiltinUse::map(size_t i) {
  return checker_.whole_map(argument(i), fmt::format("{}()", builtin_.name));
}

bool BuiltinUse::is_map_entry(size_t i) const {
  const auto *map = std::get_if<ast::Map>(&argument(i).node);
  return map && map->key;
}

std::optional<uint32_t> BuiltinUse::map_entry(size_t i) {
  const ast::Expr &expr = argument(i);
  ExprInfo &info = checker_.info_of(expr);
  info = {};
  uint32_t map = checker_.map_place(std::get<ast::Map>(expr.node), expr);
  if (!checker_.require_defined(map, expr.where))
    return std::nullopt;
  info.type = map_spec(map).value;
  return map;
}

void BuiltinUse::key(size_t i, uint32_t map) { checker_.check_key(map, &argument(i), where(i)); }

const image::MapSpec &BuiltinUse::map_spec(uint32_t map) const { return checker_.maps_.spec(map); }

void BuiltinUse::asks(image::KernelQuestion question, bool answer) {
  std::vector<image::KernelQuestion> &asked = checker_.analysis_.questions;
  ExprInfo &info = checker_.info_of(expr_);
  auto found = std::find(asked.begin(), asked.end(), question);
  info.question = static_cast<uint32_t>(found - asked.begin());
  if (found == asked.end())
    asked.push_back(std::move(question));
  if (kernel().is_the_one())
    info.constant = answer;
}

bool BuiltinUse::is_builtin(std::string_view name) const { return checker_.builtins_.find(name).builtin; }
const probes::Provider &BuiltinUse::provider() const { return *checker_.unit_->provider; }
const probes::Context &BuiltinUse::context() const { return checker_.unit_->context; }
const std::vector<image::Target> &BuiltinUse::targets() const { return checker_.unit_->targets; }
const image::Config &BuiltinUse::config() const { return checker_.analysis_.config; }
kernel::Kernel &BuiltinUse::kernel() const { return checker_.kernel_; }
bool BuiltinUse::unsafe_allowed() const { return checker_.options_.unsafe; }

Diagnostic &BuiltinUse::error(Location where, std::string message) { return checker_.error(where, std::move(message)); }
void BuiltinUse::require_kernel(kernel::KernelVersion since, Location where, std::string_view what) {
  if (kernel().version() < since)
    error(where, kernel::needs_newer_kernel(what, since, kernel()));
}
Diagnostic &BuiltinUse::warning(Location where, std::string message) {
  return checker_.warning(where, std::move(message));
}

void BuiltinUse::event(image::EventKind kind, std::string format, std::vector<Type> fields, std::optional<uint32_t> map,
                       uint32_t top, uint32_t divisor) {
  if (checker_.reporter_.is_silent())
    return;
  if (context().is_pinned)
    error(where(), fmt::format("{}() needs a running sonde, which a pinned program has not", builtin_.name))
        .with_hint("printf() writes to whoever reads the pin");
  image::EventSpec event;
  event.kind = kind;
  event.format = std::move(format);
  for (Type &type : fields)
    event.fields.push_back({std::move(type), 0});
  event.map = map;
  event.top = top;
  event.divisor = divisor;
  event.is_of_end = provider().kind() == image::ProviderKind::End;
  event.where = expr_.where;
  checker_.info_of(expr_).event = checker_.add_event(expr_, std::move(event));
}

void BuiltinUse::needs_target_name() { checker_.states_[checker_.unit_index_].reads_target_name = true; }

uint32_t TypeChecker::add_event(const ast::Expr &expr, image::EventSpec event) {
  auto is_same_type = [](const image::EventField &a, const image::EventField &b) { return a.type == b.type; };
  std::vector<uint32_t> &sent = events_[&expr];
  for (uint32_t index : sent) {
    const image::EventSpec &other = analysis_.events[index];
    if (other.kind == event.kind && other.format == event.format && other.map == event.map && other.top == event.top &&
        other.divisor == event.divisor && other.is_of_end == event.is_of_end &&
        std::equal(other.fields.begin(), other.fields.end(), event.fields.begin(), event.fields.end(), is_same_type))
      return index;
  }
  sent.push_back(static_cast<uint32_t>(analysis_.events.size()));
  analysis_.events.push_back(std::move(event));
  return sent.back();
}

}  // namespace sonde::sema
