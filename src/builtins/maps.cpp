// Whole maps and their entries: clear, zero, delete, has_key.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/requirements.h"
#include "sema/builtin_use.h"

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

// Whether an aggregation without a key was assigned, all CPUs must be asked.
void check_scalar(BuiltinUse &use, uint32_t map) {
  const image::MapSpec &spec = use.map_spec(map);
  if (spec.value.is_aggregate() && !kernel::reads_other_cpus(use.kernel()))
    use.error(use.where(), fmt::format("{} of {}, which every CPU keeps for itself, needs Linux {}; this is {}",
                                       use.builtin().name, spec.name, kernel::to_string(kernel::kPerCpuLookup),
                                       kernel::to_string(use.kernel().version())))
        .with_hint(fmt::format("clear({}) empties it", spec.name));
}

// delete and has_key name an entry in two ways: f(@m[key]) and f(@m, key); f(@m) for scalar maps.
Type check_entry(BuiltinUse &use) {
  if (use.is_map_entry(0)) {
    use.map_entry(0);
    if (use.count() > 1)
      use.error(use.where(1), "the key is given twice").with_hint(fmt::format("{}(@map, key)", use.builtin().name));
    return Type::boolean();
  }
  std::optional<uint32_t> map = use.map(0);
  if (map && use.count() > 1)
    use.key(1, *map);
  else if (map && !use.map_spec(*map).is_scalar())
    use.error(use.where(), "a key is missing").with_hint(fmt::format("{}(@map, key)", use.builtin().name));
  else if (map)
    check_scalar(use, *map);
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

constexpr Builtin kRows[] = {
    {"clear", Form::Statement, 1, 1, "clear(@map)", "Removes all entries of a map.",
     check_whole_map<image::EventKind::ClearMap>, emit_event},
    {"zero", Form::Statement, 1, 1, "zero(@map)", "Sets all values of a map to zero and keeps its keys.",
     check_whole_map<image::EventKind::ZeroMap>, emit_event},
    {"delete", Form::Function, 1, 2, "delete(@map, key)", "Removes one entry; true if there was one.", check_entry,
     emit_delete},
    {"has_key", Form::Function, 1, 2, "has_key(@map, key)", "True if the map has an entry for the key.", check_entry,
     emit_has_key},
};

}  // namespace

std::span<const Builtin> map_builtins() { return kRows; }

}  // namespace sonde::builtins
