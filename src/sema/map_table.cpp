// What is known of each map, and how it is kept in the kernel.
#include "sema/map_table.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "kernel/requirements.h"
#include "sema/apply_config.h"

namespace sonde::sema {
namespace {

using image::MapStorage;

struct StorageKind {
  std::string_view name;
  MapStorage storage;
};
constexpr std::array kStorageKinds{
    StorageKind{"hash", MapStorage::Hash},
    StorageKind{"lruhash", MapStorage::LruHash},
    StorageKind{"percpuhash", MapStorage::PerCpuHash},
    StorageKind{"percpulruhash", MapStorage::LruPerCpuHash},
};

const StorageKind *find_storage(std::string_view name) {
  for (const StorageKind &kind : kStorageKinds)
    if (kind.name == name)
      return &kind;
  return nullptr;
}

void report_unknown_kind(const ast::MapDeclaration &declaration, Reporter &reporter) {
  std::vector<std::string> names;
  for (const StorageKind &kind : kStorageKinds)
    names.emplace_back(kind.name);
  std::string hint = did_you_mean(declaration.kind, names);
  reporter.error(declaration.kind_where, fmt::format("Unknown kind of map: '{}'", declaration.kind))
      .with_hint(hint.empty() ? "the kinds are hash, lruhash, percpuhash and percpulruhash" : hint);
}

}  // namespace

void MapTable::declare(const std::vector<ast::MapDeclaration> &declarations, Reporter &reporter) {
  for (const ast::MapDeclaration &declaration : declarations) {
    if (!find_storage(declaration.kind))
      report_unknown_kind(declaration, reporter);
    if (declaration.max_entries == 0 || declaration.max_entries > UINT32_MAX)
      reporter.error(declaration.where, fmt::format("@{} must have room for 1 to {} entries, not {}", declaration.name,
                                                    UINT32_MAX, declaration.max_entries));
    auto [entry, is_new] = declarations_.emplace(declaration.name, &declaration);
    if (!is_new)
      reporter.error(declaration.where, fmt::format("@{} is declared twice", declaration.name))
          .note(entry->second->where, "first declared here");
  }
}

uint32_t MapTable::mention(const std::string &name, Location where) {
  auto [entry, is_new] = by_name_.emplace(name, static_cast<uint32_t>(states_.size()));
  if (!is_new)
    return entry->second;
  auto declared = declarations_.find(name);
  states_.emplace_back().declaration = declared == declarations_.end() ? nullptr : declared->second;
  image::MapSpec &spec = analysis_.maps.emplace_back();
  spec.name = "@" + name;
  spec.bpf_name = "AT_" + name;
  analysis_.map_first_uses.push_back(where);
  return entry->second;
}

void MapTable::add_reader(uint32_t map, uint32_t unit) {
  std::vector<uint32_t> &readers = states_[map].readers;
  if (readers.empty() || readers.back() != unit)
    readers.push_back(unit);
}

Merge MapTable::merge_value(uint32_t map, const Type &type, const ExprInfo &info, Location where) {
  Merge result = merge(states_[map].value, widened(type), info, where);
  analysis_.maps[map].value = states_[map].value.type;
  return result;
}

Merge MapTable::merge_key(uint32_t map, size_t component, const Type &type, const ExprInfo &info, Location where) {
  Merge result = merge(states_[map].key[component], widened(type), info, where);
  if (result == Merge::Changed)
    refresh_key(map);
  return result;
}

void MapTable::refresh_key(uint32_t map) {
  const MapState &state = states_[map];
  image::MapSpec &spec = analysis_.maps[map];
  if (!state.key_is_tuple) {
    spec.key = state.key.front().type;
    return;
  }
  std::vector<Type> components;
  for (const Slot &slot : state.key)
    components.push_back(slot.type);
  spec.key = Type::tuple(std::move(components));
}

bool MapTable::has_unknown() const {
  return std::any_of(states_.begin(), states_.end(),
                     [](const MapState &state) { return state.is_assigned && state.value.type.is_none(); });
}

void MapTable::assume_integers() {
  for (uint32_t map = 0; map < states_.size(); ++map) {
    MapState &state = states_[map];
    if (!state.is_assigned || !state.value.type.is_none())
      continue;
    state.value.type = analysis_.maps[map].value = Type::int64();
    if (state.form == MapForm::Keyed && state.key.empty()) {
      state.key.emplace_back().type = Type::int64();
      refresh_key(map);
    }
  }
}

std::vector<std::string> MapTable::assigned_names() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < states_.size(); ++i)
    if (states_[i].is_assigned)
      names.push_back(analysis_.maps[i].name);
  return names;
}

void MapTable::choose_storage(const image::Config &config, const kernel::KernelVersion &version, Reporter &reporter) {
  for (uint32_t map = 0; map < states_.size(); ++map) {
    choose_storage(map, config, reporter);
    if (analysis_.maps[map].key.size > kernel::kMostKeyBytesBefore && version < kernel::kLongKeys)
      report_long_key(map, config, version, reporter);
  }
}

void MapTable::report_long_key(uint32_t map, const image::Config &config, const kernel::KernelVersion &version,
                               Reporter &reporter) {
  const image::MapSpec &spec = analysis_.maps[map];
  std::string hint = config.max_strlen > kShortStrings
                         ? fmt::format("config = {{ max_strlen = {} }} makes strings shorter", kShortStrings)
                         : "use fewer or shorter strings in it";
  reporter
      .error(states_[map].key.front().first,
             fmt::format("the key of {} has {} bytes; Linux {} takes up to {}", spec.name, spec.key.size,
                         kernel::to_string(version), kernel::kMostKeyBytesBefore))
      .with_hint(std::move(hint));
}

void MapTable::choose_storage(uint32_t map, const image::Config &config, Reporter &reporter) {
  image::MapSpec &spec = analysis_.maps[map];
  const ast::MapDeclaration *declaration = states_[map].declaration;
  bool is_aggregate = spec.value.is_aggregate();
  if (spec.is_scalar()) {
    spec.storage = is_aggregate ? MapStorage::PerCpuArray : MapStorage::Array;
    spec.max_entries = 1;
    return;
  }
  // choose_tables() looks at what the script does with it.
  spec.storage = is_aggregate ? MapStorage::Table : MapStorage::Hash;
  spec.max_entries = static_cast<uint32_t>(config.max_map_keys);
  const StorageKind *declared = declaration ? find_storage(declaration->kind) : nullptr;
  if (!declared)
    return;
  spec.storage = declared->storage;
  spec.max_entries = static_cast<uint32_t>(declaration->max_entries);
  if (is_aggregate && !image::is_per_cpu(spec.storage))
    reporter
        .error(declaration->kind_where, fmt::format("{} holds {}, which needs a value per CPU, not a {}", spec.name,
                                                    to_string(spec.value), declaration->kind))
        .note(states_[map].value.first, fmt::format("{} was given {} here", spec.name, a_type(spec.value)))
        .with_hint(fmt::format("use percpu{}({})", declaration->kind, declaration->max_entries));
}

}  // namespace sonde::sema
