// Maps: their keys, their values, and scalar or keyed.
#include "base/text.h"
#include "kernel/requirements.h"
#include "sema/type_checker.h"
#include "types/record.h"

namespace sonde::sema {
namespace {

std::string keys_text(size_t count) { return fmt::format("{} key{}", count, count == 1 ? "" : "s"); }

// A tuple is as many keys as it has elements; a record is one.
bool is_several_keys(const Type &type) { return type.kind == TypeKind::Tuple && !is_record(type); }

bool can_be_key(const Type &type) { return type.kind != TypeKind::Struct && !type.is_aggregate(); }

}  // namespace

uint32_t TypeChecker::mention(const ast::Map &map, const ast::Expr &expr) {
  return info_of(expr).map = maps_.mention(map.name, expr.where);
}

void TypeChecker::check_node(const ast::Map &map, const ast::Expr &expr, ExprInfo &info) {
  uint32_t index = map_place(map, expr);
  if (require_defined(index, expr.where))
    info.type = read_value(index, expr.where);
}

std::optional<uint32_t> TypeChecker::whole_map(const ast::Expr &expr, std::string_view user) {
  const auto *map = std::get_if<ast::Map>(&expr.node);
  if (!map) {
    error(expr.where, fmt::format("{} needs a map", user)).with_hint("maps are written @name");
    return std::nullopt;
  }
  if (map->key) {
    error(expr.where, fmt::format("{} needs a whole map, but this is one entry of it", user))
        .with_hint(fmt::format("write @{} without a key", map->name));
    return std::nullopt;
  }
  info_of(expr) = {};
  uint32_t index = mention(*map, expr);
  maps_.add_reader(index, unit_index_);
  return require_defined(index, expr.where) ? std::optional(index) : std::nullopt;
}

uint32_t TypeChecker::map_place(const ast::Map &map, const ast::Expr &expr) {
  uint32_t index = mention(map, expr);
  maps_.add_reader(index, unit_index_);
  check_key(index, map.key.get(), expr.where);
  return index;
}

void TypeChecker::check_key(uint32_t map, const ast::Expr *key, Location where) {
  // The key is typed in any case: it may be wrong in itself.
  bool is_typed = key && !value(*key).type.is_none();
  if (check_form(map, key ? MapForm::Keyed : MapForm::Scalar, where) && is_typed)
    check_key_parts(map, *key);
}

bool TypeChecker::check_form(uint32_t map, MapForm form, Location where) {
  MapState &state = maps_.state(map);
  if (state.form == MapForm::Unknown) {
    state.form = form;
    state.form_where = where;
  }
  if (state.form == form)
    return true;
  const std::string &name = maps_.spec(map).name;
  bool is_keyed = form == MapForm::Keyed;
  error(where, fmt::format("{} is used with{} a key here, but with{} one elsewhere", name, is_keyed ? "" : "out",
                           is_keyed ? "out" : ""))
      .note(state.form_where, fmt::format("{} is used with{} a key here", name, is_keyed ? "out" : ""));
  return false;
}

// Several keys are one tuple, written out or held by a variable.
void TypeChecker::check_key_parts(uint32_t map, const ast::Expr &key) {
  const ExprInfo &whole = info_of(key);
  bool is_tuple = is_several_keys(whole.type);
  size_t count = is_tuple ? whole.type.layout->fields.size() : 1;
  MapState &state = maps_.state(map);
  if (state.key.empty()) {
    state.key.resize(count);
    state.key_is_tuple = is_tuple;
  }
  if (state.key.size() != count || state.key_is_tuple != is_tuple) {
    report_key_mismatch(map, key, whole.type);
    return;
  }
  const auto *written = std::get_if<ast::Tuple>(&key.node);
  for (size_t i = 0; i < count; ++i) {
    Type type = is_tuple ? whole.type.layout->fields[i].type : stored_type(whole.type);
    if (!check_key_type(type, key))
      return;
    // The constant of a component is known where the tuple is written out, else that of the key.
    const ExprInfo &part = written ? info_of(*written->elements[i]) : whole;
    Merge merged = maps_.merge_key(map, i, type, part, key.where);
    if (merged == Merge::Mismatch) {
      report_key_mismatch(map, key, whole.type);
      return;
    }
    if (merged == Merge::Changed)
      mark_readers(map);
  }
}

bool TypeChecker::check_key_type(const Type &type, const ast::Expr &key) {
  if (can_be_key(type))
    return true;
  error(key.where, fmt::format("{} cannot be a key of a map", a_type(type)));
  return false;
}

void TypeChecker::report_key_mismatch(uint32_t map, const ast::Expr &key, const Type &type) {
  const image::MapSpec &spec = maps_.spec(map);
  const MapState &state = maps_.state(map);
  bool is_tuple = is_several_keys(type);
  size_t given = is_tuple ? type.layout->fields.size() : 1;
  std::string message = given == state.key.size() ? fmt::format("the key of {} is {} here, but {} elsewhere", spec.name,
                                                                a_type(stored_type(type)), a_type(spec.key))
                                                  : fmt::format("{} has {} here, but {} elsewhere", spec.name,
                                                                keys_text(given), keys_text(state.key.size()));
  error(key.where, message)
      .note(state.key.front().first, fmt::format("{} was first given {} as its key here", spec.name, a_type(spec.key)));
}

bool TypeChecker::require_defined(uint32_t map, Location where) {
  const MapState &state = maps_.state(map);
  if (state.is_assigned || !state.value.type.is_none())
    return true;
  const std::string &name = maps_.spec(map).name;
  std::string hint = reporter_.is_silent() ? "" : did_you_mean(name, maps_.assigned_names());
  error(where, fmt::format("Undefined map: {}", name))
      .with_hint(hint.empty() ? "nothing is ever assigned to it" : hint);
  return false;
}

Type TypeChecker::read_value(uint32_t map, Location where) {
  const image::MapSpec &spec = maps_.spec(map);
  Type type = readable_type(spec.value);
  if (type.is_none() && !spec.value.is_none())
    error(where, fmt::format("{} holds {}, which cannot be used as a value", spec.name, a_type(spec.value)))
        .with_hint(fmt::format("print({}) prints it", spec.name));
  else if (spec.value.is_aggregate() && !kernel::reads_other_cpus(kernel_))
    error(where, kernel::needs_newer_kernel(fmt::format("reading {}, which every CPU keeps for itself,", spec.name),
                                            kernel::kPerCpuLookup, kernel_))
        .with_hint(fmt::format("print({}) prints it; to compute with it, count in a plain map: {}++", spec.name,
                               spec.is_scalar() ? spec.name : spec.name + "[…]"));
  return type;
}

void TypeChecker::merge_map_value(uint32_t map, const Type &type, const ExprInfo &value, Location where) {
  MapState &state = maps_.state(map);
  state.is_assigned = true;
  const Type held = state.value.type;
  Merge merged = maps_.merge_value(map, type, value, where);
  if (merged == Merge::Changed)
    mark_readers(map);
  if (merged != Merge::Mismatch)
    return;
  const std::string &name = maps_.spec(map).name;
  bool same_kind = held.kind == type.kind && held.is_aggregate();
  Diagnostic &report =
      error(where, same_kind ? fmt::format("{} has other {} here than elsewhere", name,
                                           held.kind == TypeKind::Series ? "intervals" : "buckets")
                             : fmt::format("cannot assign {} to {}, which holds {}", a_type(type), name, a_type(held)));
  report.note(state.value.first, fmt::format("{} was first given {} here", name, a_type(held)));
  if (held.is_aggregate() && !same_kind)
    report.with_hint("a map holds one kind of value: use another map");
}

}  // namespace sonde::sema
