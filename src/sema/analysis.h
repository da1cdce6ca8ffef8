// What semantic analysis learned about a program: the input of code generation.
//
// A program that has an Analysis without errors is valid: code generation reports no user errors.
// An Analysis points into the ast::Program it was made from, which must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ast/ast.h"
#include "builtins/builtin.h"
#include "image/program_image.h"
#include "probes/provider.h"
#include "sema/type_source.h"
#include "types/type.h"

namespace sonde::sema {

inline constexpr uint32_t kNoIndex = UINT32_MAX;

// What is known of one expression in one unit.
struct ExprInfo {
  Type type;
  // Integer expressions whose value is known (literals, $1, folded arithmetic); the bits of the
  // value as the 64-bit integer of the type's signedness.
  std::optional<uint64_t> constant;
  // String expressions whose text is known (literals, $1).
  std::optional<std::string> text;
  // Typeinfo: the type that it is about; `constant` is its number. Sizes and offsets that show at load time: the type
  // that they are of.
  std::shared_ptr<const Type> described;
  const builtins::Builtin *builtin = nullptr;  // Identifier and Call
  uint32_t number = 0;                         // numbered builtins: 3 for arg3; container_of: the member's offset
  uint32_t variable = kNoIndex;                // Variable: index into Unit::variables
  uint32_t map = kNoIndex;                     // Map: index into Analysis::maps
  uint32_t event = kNoIndex;                   // Call: index into Analysis::events
  uint32_t question = kNoIndex;                // has_field() and its like: index into Analysis::questions
};

// What a typeinfo says in its field of that name.
inline std::string described_text(const ExprInfo &info, std::string_view field) {
  return field == "base_type" ? kind_name(*info.described) : to_string(*info.described);
}

// How long a variable lasts.
enum class Lifetime : uint8_t {
  Block,       // declared, by let or a loop
  FirstBlock,  // first assigned in a block, and not used behind it
  Probe,       // first assigned in a block, and used behind it
};

struct VariableInfo {
  std::string name;
  Type type;
  Location declared;
  Lifetime lifetime = Lifetime::Block;
};

// One BPF program: the body of one probe for a set of targets whose contexts are alike.
struct Unit {
  const ast::Probe *probe = nullptr;
  const probes::Provider *provider = nullptr;
  probes::Context context;
  std::vector<image::Target> targets;
  std::vector<uint32_t> points;  // parallel to targets: what named them, an index into Analysis::attach_points
  image::TargetFit fit;
  std::string function;  // symbol of the program
  // Two units that are one program of the kernel, which calls it at entries and at returns. Of the entry: the unit of
  // the return.
  uint32_t session_return = kNoIndex;
  bool is_session_return = false;
  uint64_t cookie_distance = 0;  // to be added to the attach cookie, which is the entry's, for Target::name_index
  bool needs_cookie = false;     // `probe` differs between the targets, and the program asks which one fired
  std::vector<ExprInfo> exprs;   // by ExprId - probe->first_expr
  std::vector<VariableInfo> variables;
  // Variables that a statement brings in, by the address of its node: Let, ForRange, ForMap, and an
  // Assign that is the first of its variable.
  std::unordered_map<const void *, uint32_t> declared;

  const ExprInfo &info(const ast::Expr &expr) const { return exprs[expr.id - probe->first_expr]; }
};

// What all programs together do with a map.
struct MapUses {
  std::optional<Location> filled;  // a plain assignment to an entry of a task
  bool is_read = false;            // one entry of it
  bool is_kept = false;            // printed or gone through as a whole, counted in, or emptied
  bool is_looked_into = false;     // in other ways than by counting in it, and by the runtime
  bool is_deleted = false;         // single entries of it
  bool is_cleared = false;         // as a whole
  bool is_counted_in_loop = false;
  std::vector<uint32_t> counted = {};  // by unit: how many of its statements count in it
  bool is_gone_through = false;        // by programs: for, len
  bool has_other_keys = false;         // than `tid`
  bool is_declared = false;            // let @m = hash(N)
};

struct Analysis {
  std::vector<Unit> units;
  std::vector<image::MapSpec> maps;
  std::vector<Location> map_first_uses;  // parallel to maps
  std::vector<MapUses> map_uses;         // the same; empty while there are errors
  std::vector<image::EventSpec> events;
  std::vector<std::string> probe_names;  // by Target::name_index
  bool is_stamped = false;               // records say when, where and by whom they were sent
  bool counts_failed_reads = false;      // as places where a helper failed
  image::Scope scope;
  image::Config config;
  std::vector<image::AttachPoint> attach_points;  // without their programs
  std::vector<image::KernelUse> kernel_uses;      // those that types were checked with; code generation finds more
  std::vector<image::KernelQuestion> questions;   // that the script asks of the kernel
  // Where types that ExprInfos only name have their layouts.
  std::shared_ptr<TypeSource> types;
};

}  // namespace sonde::sema
