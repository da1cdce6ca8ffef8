// A map such as @start[tid] gets an entry for every thread there ever is. What a script prints or counts in it is
// meant to stay; what one probe only hands to another should be deleted there.
#include "sema/check_growth.h"

#include <optional>
#include <utility>

#include "ast/children.h"

namespace sonde::sema {
namespace {

struct MapUses {
  std::optional<Location> filled;  // a plain assignment to an entry of a task
  bool is_read = false;            // one entry of it
  bool is_kept = false;            // printed or gone through as a whole, counted in, or emptied
};

class UseCollector {
public:
  explicit UseCollector(size_t maps) : uses_(maps) {}

  void collect(const Unit &unit) {
    unit_ = &unit;
    if (unit.probe->predicate)
      walk(*unit.probe->predicate);
    for (const ast::Statement &statement : unit.probe->body.statements)
      walk(statement);
  }

  const std::vector<MapUses> &uses() const { return uses_; }

private:
  void walk(const ast::Statement &statement) {
    const auto *assign = std::get_if<ast::Assign>(&statement.node);
    const auto *target = assign ? std::get_if<ast::Map>(&assign->target->node) : nullptr;
    if (!target) {
      ast::for_each_part(statement, [&](const auto &part) { walk(part); });
      return;
    }
    if (target->key)
      walk(*target->key);
    MapUses *uses = uses_of(*assign->target);
    if (!uses)
      return walk(*assign->value);
    bool was_read = std::exchange(uses->is_read, false);
    walk(*assign->value);
    // @n[tid] += 1, @n[tid] = @n[tid] + 1
    uses->is_kept |= assign->op.has_value() || uses->is_read;
    uses->is_read |= was_read;
    if (target->key && names_task(*target->key))
      uses->filled = statement.where;
  }

  void walk(const ast::Expr &expr) {
    if (const auto *call = std::get_if<ast::Call>(&expr.node))
      return walk_call(expr, *call);
    if (const auto *step = std::get_if<ast::IncrementDecrement>(&expr.node)) {
      if (MapUses *uses = uses_of(*step->target))
        uses->is_kept = true;
    } else if (const auto *map = std::get_if<ast::Map>(&expr.node)) {
      if (MapUses *uses = uses_of(expr))
        (map->key ? uses->is_read : uses->is_kept) = true;
    }
    ast::for_each_part(expr, [&](const auto &part) { walk(part); });
  }

  void walk_call(const ast::Expr &expr, const ast::Call &call) {
    const builtins::Builtin *builtin = unit_->info(expr).builtin;
    bool removes = builtin && builtin->role == builtins::Role::RemovesEntries;
    MapUses *uses = removes && !call.arguments.empty() ? uses_of(*call.arguments.front()) : nullptr;
    if (uses)
      uses->is_kept = true;
    // has_key(@m, k) and find(@m, k, $v) read one entry.
    MapUses *asked = !removes && call.arguments.size() > 1 ? uses_of(*call.arguments.front()) : nullptr;
    bool was_kept = asked && asked->is_kept;
    ast::for_each_part(expr, [&](const auto &part) { walk(part); });
    if (asked && builtin && builtin->form == builtins::Form::Function) {
      asked->is_kept = was_kept;
      asked->is_read = true;
    }
  }

  MapUses *uses_of(const ast::Expr &expr) {
    uint32_t map = std::holds_alternative<ast::Map>(expr.node) ? unit_->info(expr).map : kNoIndex;
    return map == kNoIndex ? nullptr : &uses_[map];
  }

  bool names_task(const ast::Expr &key) const {
    if (const auto *tuple = std::get_if<ast::Tuple>(&key.node)) {
      for (const ast::ExprPtr &element : tuple->elements)
        if (names_task(*element))
          return true;
      return false;
    }
    const builtins::Builtin *builtin = unit_->info(key).builtin;
    return builtin && builtin->role == builtins::Role::TaskId;
  }

  std::vector<MapUses> uses_;
  const Unit *unit_ = nullptr;
};

bool forgets_by_itself(const image::MapSpec &map) {
  return map.storage == image::MapStorage::LruHash || map.storage == image::MapStorage::LruPerCpuHash;
}

}  // namespace

void check_growth(const Analysis &analysis, Diagnostics &diagnostics) {
  UseCollector collector(analysis.maps.size());
  for (const Unit &unit : analysis.units)
    collector.collect(unit);
  for (size_t i = 0; i < analysis.maps.size(); ++i) {
    const image::MapSpec &map = analysis.maps[i];
    const MapUses &uses = collector.uses()[i];
    if (!uses.filled || !uses.is_read || uses.is_kept || map.value.is_aggregate() || forgets_by_itself(map))
      continue;
    diagnostics.warning(*uses.filled, "{} gets an entry for each task, and nothing deletes them", map.name)
        .with_hint(fmt::format(
            "delete({0}, …) when an entry is no longer needed, or let {0} = lruhash({1}); which drops old ones",
            map.name, map.max_entries));
  }
}

}  // namespace sonde::sema
