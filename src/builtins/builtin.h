// A builtin: one row, and one file for its family. A row says how a use is checked and how its
// code is emitted; sema and codegen reach builtins only through it, and the reference page is
// generated from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "types/type.h"

namespace llvm {
class Value;
}
namespace sonde::sema {
class BuiltinUse;
}
namespace sonde::codegen {
class Emitter;
struct BuiltinSite;
}  // namespace sonde::codegen

namespace sonde::builtins {

enum class Form : uint8_t {
  Value,        // pid: usable with or without ()
  Function,     // str(p)
  Statement,    // printf(...): a function without a value
  Aggregation,  // count(): only on the right of `@map =`
};

// What those who look at a whole expression or script ask of a builtin.
enum class Role : uint8_t {
  Other,
  RunningTask,     // the address of its struct task_struct
  ThreadId,        // the running thread's, which no other has
  TaskId,          // there are ever new ones as tasks come and go
  RemovesEntries,  // of the map that is its first argument
  LeavesProgram,   // nothing behind it runs
  ReadsString,     // as many bytes as its type has
};

struct Builtin {
  std::string_view name;
  Form form = Form::Value;
  uint32_t min_arguments = 0;
  uint32_t max_arguments = 0;  // kAnyCount: no limit
  std::string_view signature;  // "str(pointer [, length])"
  std::string_view summary;    // one sentence for the reference page
  // Checks one use and returns its type (Aggregation: the map's value type). Reports through `use`.
  Type (*check)(sema::BuiltinUse &use) = nullptr;
  // Emits one use. Scalar types: returns the value, an integer of the type's size. Memory types:
  // writes to site.destination (never null then) and returns it. Statement: returns null.
  // Aggregation: site.destination is the map's value slot on this CPU, already zeroed if new.
  llvm::Value *(*emit)(codegen::Emitter &emitter, const codegen::BuiltinSite &site) = nullptr;
  // `arg0` … `argN`: the name is a prefix, its number is BuiltinUse::number().
  bool is_numbered = false;
  // A call changes a map or a variable: it is made even when the event that wants its value is lost.
  bool has_effects = false;
  Role role = Role::Other;
};

inline constexpr uint32_t kAnyCount = UINT32_MAX;

// The `emit` of builtins whose value is known once they are checked (BuiltinUse::known_to_be).
llvm::Value *emit_known(codegen::Emitter &emitter, const codegen::BuiltinSite &site);

// All rows, sorted by name; the driver hands them to sema.
using Table = std::span<const Builtin *const>;
Table all_builtins();

}  // namespace sonde::builtins
