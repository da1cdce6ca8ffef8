// The maps of a program while their types are being found.
//
// Every mention of `@name` adds to what is known; the MapSpec in the Analysis always shows the
// current state. Units that read a map are remembered, to be checked again when its type changes.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ast/ast.h"
#include "kernel/kernel.h"
#include "sema/analysis.h"
#include "sema/reporter.h"
#include "sema/unify.h"

namespace sonde::sema {

enum class MapForm : uint8_t { Unknown, Scalar, Keyed };

struct MapState {
  MapForm form = MapForm::Unknown;
  Location form_where;  // the use that decided it
  bool key_is_tuple = false;
  std::vector<Slot> key;  // one per component
  Slot value;
  bool is_assigned = false;       // somewhere in the program
  std::vector<uint32_t> readers;  // units
  const ast::MapDeclaration *declaration = nullptr;
};

class MapTable {
public:
  explicit MapTable(Analysis &analysis) : analysis_(analysis) {}

  // Remembers `let @name = kind(N)` and reports unknown kinds and repeats.
  void declare(const std::vector<ast::MapDeclaration> &declarations, Reporter &reporter);

  // The index of the map of that name, new at its first mention.
  uint32_t mention(const std::string &name, Location where);
  MapState &state(uint32_t map) { return states_[map]; }
  const image::MapSpec &spec(uint32_t map) const { return analysis_.maps[map]; }
  void add_reader(uint32_t map, uint32_t unit);

  Merge merge_value(uint32_t map, const Type &type, const ExprInfo &info, Location where);
  Merge merge_key(uint32_t map, size_t component, const Type &type, const ExprInfo &info, Location where);

  // Gives maps that are assigned, but nothing is known of what, integers as keys and values.
  void assume_integers();
  // A map whose values have no type yet.
  bool has_unknown() const;

  // Names of maps that are assigned somewhere, for did-you-mean.
  std::vector<std::string> assigned_names() const;
  // Decides storage and size of every map, now that all is known of them.
  void choose_storage(const image::Config &config, const kernel::KernelVersion &version, Reporter &reporter);

private:
  void refresh_key(uint32_t map);
  void report_long_key(uint32_t map, const image::Config &config, const kernel::KernelVersion &version,
                       Reporter &reporter);
  void choose_storage(uint32_t map, const image::Config &config, Reporter &reporter);

  Analysis &analysis_;
  std::vector<MapState> states_;
  std::unordered_map<std::string, uint32_t> by_name_;
  std::unordered_map<std::string, const ast::MapDeclaration *> declarations_;
};

}  // namespace sonde::sema
