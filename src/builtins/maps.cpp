// Whole maps and their entries: clear, zero, delete, has_key, find, len.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"
#include "sema/unify.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

template <image::EventKind kind> Type check_whole_map(BuiltinUse &use) {
  std::optional<uint32_t> map = use.map(0);
  use.event(kind, {}, {}, map);
  return Type::none();
}
llvm::Value *emit_event(Emitter &e, const BuiltinSite &site) {
  e.send_event(site.info.event, std::span<const codegen::FieldWriter>());
  return nullptr;
}

// What every CPU keeps for itself is asked of all of them: whether a scalar one was assigned, what an entry holds.
void check_readable(BuiltinUse &use, uint32_t map) {
  const image::MapSpec &spec = use.map_spec(map);
  if (spec.value.is_aggregate() && !kernel::reads_other_cpus(use.kernel()))
    use.error(use.where(), kernel::needs_newer_kernel(fmt::format("{} of {}, which every CPU keeps for itself,",
                                                                  use.builtin().name, spec.name),
                                                      kernel::kPerCpuLookup, use.kernel()))
        .with_hint(fmt::format("clear({}) empties it", spec.name));
}

// delete and has_key name an entry in two ways: f(@m[key]) and f(@m, key); f(@m) for scalar maps.
Type check_entry(BuiltinUse &use) {
  if (use.is_map_entry(0)) {
    use.map_entry(0);
    if (use.count() > 1 && use.is_map_entry(1))
      use.error(use.where(), fmt::format("{}() takes one entry", use.builtin().name))
          .with_hint("since bpftrace 0.22 each entry has a call of its own: delete(@a, key); delete(@b, key);");
    else if (use.count() > 1)
      use.error(use.where(1), "the key is given twice").with_hint(fmt::format("{}(@map, key)", use.builtin().name));
    return Type::boolean();
  }
  std::optional<uint32_t> map = use.map(0);
  if (map && use.count() > 1)
    use.key(1, *map);
  else if (map && !use.map_spec(*map).is_scalar())
    use.error(use.where(), "a key is missing").with_hint(fmt::format("{}(@map, key)", use.builtin().name));
  else if (map)
    check_readable(use, *map);
  return Type::boolean();
}

struct Entry {
  uint32_t map;
  llvm::Value *key;
};

Entry entry_of(Emitter &e, const BuiltinSite &site) {
  const ast::Expr &first = site.argument(0);
  const ast::Expr *key = std::get<ast::Map>(first.node).key.get();
  if (!key && site.count() > 1)
    key = &site.argument(1);
  uint32_t map = e.info(first).map;
  return {map, e.map_key(map, key)};
}

llvm::Value *as_bool(Emitter &e, llvm::Value *bit) { return e.ir().CreateZExt(bit, e.ir().getInt8Ty()); }

llvm::Value *emit_delete(Emitter &e, const BuiltinSite &site) {
  Entry entry = entry_of(e, site);
  return as_bool(e, e.map_delete(entry.map, entry.key));
}

llvm::Value *emit_has_key(Emitter &e, const BuiltinSite &site) {
  Entry entry = entry_of(e, site);
  return as_bool(e, e.map_has(entry.map, entry.key));
}

// ---- len ----

// The frames of a stack are counted where it is walked; its value has only their number in a map.
bool is_stack_call(BuiltinUse &use) {
  const ast::Expr &argument = use.argument(0);
  bool is_builtin =
      std::holds_alternative<ast::Identifier>(argument.node) || std::holds_alternative<ast::Call>(argument.node);
  return is_builtin && use.value(0).is_stack();
}

Type check_len(BuiltinUse &use) {
  bool is_map = std::holds_alternative<ast::Map>(use.argument(0).node);
  if (!is_map) {
    Type type = use.value(0);
    if (!type.is_none() && !is_stack_call(use))
      use.error(use.where(0), fmt::format("len() counts the entries of a map or the frames of a stack, but this is {}",
                                          type.is_stack() ? "a stack that was taken before" : to_string(type)))
          .with_hint("len(@map), len(kstack) or len(ustack)");
    return Type::int64();
  }
  std::optional<uint32_t> map = use.map(0);
  if (map && use.map_spec(*map).is_scalar())
    use.error(use.where(0), fmt::format("{} has no keys to count", use.map_spec(*map).name));
  if (map)
    use.require_kernel(kernel::kForEachEntry, use.where(), "len() of a map");
  return Type::int64();
}

llvm::Value *emit_len(Emitter &e, const BuiltinSite &site) {
  const sema::ExprInfo &about = e.info(site.argument(0));
  return about.type.is_stack() ? e.stack_depth(about.type) : e.map_length(about.map);
}

// ---- find ----

Type check_find(BuiltinUse &use) {
  std::optional<uint32_t> map = use.map(0);
  if (!map)
    return Type::boolean();
  if (use.map_spec(*map).is_scalar()) {
    use.error(use.where(0), fmt::format("{} has no keys to look for", use.map_spec(*map).name));
    return Type::boolean();
  }
  use.key(1, *map);
  Type value = sema::readable_type(use.map_spec(*map).value);
  if (value.is_none())
    use.error(use.where(0), fmt::format("{} holds {}, which no variable can hold", use.map_spec(*map).name,
                                        to_string(use.map_spec(*map).value)));
  else
    use.assigns(2, value);
  check_readable(use, *map);
  return Type::boolean();
}

llvm::Value *emit_find(Emitter &e, const BuiltinSite &site) {
  uint32_t map = e.info(site.argument(0)).map;
  const Type &held = e.analysis().maps[map].value;
  llvm::Value *key = e.map_key(map, &site.argument(1));
  llvm::Value *entry = e.map_lookup(map, key);
  llvm::Value *is_there = e.ir().CreateIsNotNull(entry);
  e.branch(is_there, [&] {
    Type type = sema::readable_type(held);
    llvm::Value *value = held.is_aggregate() ? e.aggregate_value(map, key)
                         : type.is_scalar()  ? e.load(entry, type)
                                             : entry;
    e.assign_variable(e.info(site.argument(2)).variable, value, type);
  });
  return as_bool(e, is_there);
}

constexpr Builtin kRows[] = {
    {"clear", Form::Statement, 1, 1, "clear(@map)", "Removes all entries of a map.",
     check_whole_map<image::EventKind::ClearMap>, emit_event, /*is_numbered=*/false, /*has_effects=*/false,
     Role::RemovesEntries},
    {"zero", Form::Statement, 1, 1, "zero(@map)", "Sets all values of a map to zero and keeps its keys.",
     check_whole_map<image::EventKind::ZeroMap>, emit_event},
    {"delete", Form::Function, 1, 2, "delete(@map, key)", "Removes one entry; true if there was one.", check_entry,
     emit_delete, /*is_numbered=*/false, /*has_effects=*/true, Role::RemovesEntries},
    {"has_key", Form::Function, 1, 2, "has_key(@map, key)", "True if the map has an entry for the key.", check_entry,
     emit_has_key},
    {"find", Form::Function, 3, 3, "find(@map, key, $variable)",
     "True if the map has an entry for the key, whose value the variable then gets.", check_find, emit_find,
     /*is_numbered=*/false, /*has_effects=*/true},
    {"len", Form::Function, 1, 1, "len(@map) or len(kstack) or len(ustack)",
     "How many entries a map has, or frames a stack.", check_len, emit_len},
};

}  // namespace

std::span<const Builtin> map_builtins() { return kRows; }

}  // namespace sonde::builtins
