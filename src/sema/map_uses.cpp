// Goes through all programs once and notes what they do with each map.
#include "sema/map_uses.h"

#include <utility>

#include "ast/children.h"

namespace sonde::sema {
namespace {

bool is_loop(const ast::Statement &statement) {
  return std::holds_alternative<ast::While>(statement.node) || std::holds_alternative<ast::Unroll>(statement.node) ||
         std::holds_alternative<ast::ForRange>(statement.node) || std::holds_alternative<ast::ForMap>(statement.node);
}

class UseCollector {
public:
  explicit UseCollector(const Analysis &analysis) : analysis_(analysis), uses_(analysis.maps.size()) {}

  void collect(const Unit &unit) {
    unit_ = &unit;
    for (MapUses &uses : uses_)
      uses.counted.push_back(0);
    if (unit.probe->predicate)
      walk(*unit.probe->predicate);
    for (const ast::Statement &statement : unit.probe->body.statements)
      walk(statement);
  }

  std::vector<MapUses> take() { return std::move(uses_); }

private:
  void walk(const ast::Statement &statement) {
    const auto *assign = std::get_if<ast::Assign>(&statement.node);
    const auto *target = assign ? std::get_if<ast::Map>(&assign->target->node) : nullptr;
    if (!target) {
      bool was_in_loop = std::exchange(is_in_loop_, is_in_loop_ || is_loop(statement));
      ast::for_each_part(statement, [&](const auto &part) { walk(part); });
      is_in_loop_ = was_in_loop;
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
    uses->is_counted_in_loop |= is_in_loop_;
    ++uses->counted.back();
    note_key(*uses, target->key.get());
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
      if (MapUses *uses = uses_of(expr)) {
        (map->key ? uses->is_read : uses->is_kept) = true;
        uses->is_looked_into = true;
        uses->is_gone_through |= !map->key;
        note_key(*uses, map->key.get());
      }
    }
    ast::for_each_part(expr, [&](const auto &part) { walk(part); });
  }

  void walk_call(const ast::Expr &expr, const ast::Call &call) {
    if (const image::EventSpec *event = whole_map_event(expr))
      return note_event(*event);
    const builtins::Builtin *builtin = unit_->info(expr).builtin;
    bool removes = builtin && builtin->role == builtins::Role::RemovesEntries;
    MapUses *uses = removes && !call.arguments.empty() ? uses_of(*call.arguments.front()) : nullptr;
    if (uses)
      uses->is_kept = uses->is_deleted = true;
    // has_key(@m, k) and find(@m, k, $v) read one entry, as delete(@m, k) removes one.
    MapUses *named = call.arguments.size() > 1 ? uses_of(*call.arguments.front()) : nullptr;
    MapUses *asked = removes ? nullptr : named;
    bool was_kept = asked && asked->is_kept, was_gone_through = named && named->is_gone_through;
    ast::for_each_part(expr, [&](const auto &part) { walk(part); });
    if (named && builtin && builtin->form == builtins::Form::Function) {
      named->is_gone_through = was_gone_through;
      note_key(*named, call.arguments[1].get());
    }
    if (asked && builtin && builtin->form == builtins::Form::Function) {
      asked->is_kept = was_kept;
      asked->is_read = true;
    }
  }

  // What print(), clear() and zero() of a whole map send: the runtime does the work.
  const image::EventSpec *whole_map_event(const ast::Expr &call) const {
    uint32_t index = unit_->info(call).event;
    if (index == kNoIndex)
      return nullptr;
    const image::EventSpec &event = analysis_.events[index];
    bool is_whole = event.kind == image::EventKind::PrintMap || event.kind == image::EventKind::ClearMap ||
                    event.kind == image::EventKind::ZeroMap;
    return is_whole ? &event : nullptr;
  }

  void note_event(const image::EventSpec &event) {
    MapUses &uses = uses_[*event.map];
    uses.is_kept = true;
    uses.is_cleared |= event.kind == image::EventKind::ClearMap;
  }

  MapUses *uses_of(const ast::Expr &expr) {
    uint32_t map = std::holds_alternative<ast::Map>(expr.node) ? unit_->info(expr).map : kNoIndex;
    return map == kNoIndex ? nullptr : &uses_[map];
  }

  // `key` is null where there is none.
  void note_key(MapUses &uses, const ast::Expr *key) const {
    const builtins::Builtin *builtin = key ? unit_->info(*key).builtin : nullptr;
    const auto *call = key ? std::get_if<ast::Call>(&key->node) : nullptr;
    bool is_tid = builtin && builtin->role == builtins::Role::ThreadId && (!call || call->arguments.empty());
    uses.has_other_keys |= !is_tid && key;
  }

  bool names_task(const ast::Expr &key) const {
    if (const auto *tuple = std::get_if<ast::Tuple>(&key.node)) {
      for (const ast::ExprPtr &element : tuple->elements)
        if (names_task(*element))
          return true;
      return false;
    }
    const builtins::Builtin *builtin = unit_->info(key).builtin;
    return builtin && (builtin->role == builtins::Role::TaskId || builtin->role == builtins::Role::ThreadId);
  }

  const Analysis &analysis_;
  std::vector<MapUses> uses_;
  const Unit *unit_ = nullptr;
  bool is_in_loop_ = false;
};

}  // namespace

std::vector<MapUses> collect_map_uses(const ast::Program &program, const Analysis &analysis) {
  UseCollector collector(analysis);
  for (const Unit &unit : analysis.units)
    collector.collect(unit);
  std::vector<MapUses> uses = collector.take();
  for (const ast::MapDeclaration &declaration : program.map_declarations)
    for (size_t i = 0; i < uses.size(); ++i)
      uses[i].is_declared |= analysis.maps[i].name == "@" + declaration.name;
  return uses;
}

}  // namespace sonde::sema
