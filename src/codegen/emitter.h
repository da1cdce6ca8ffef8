// Emits the body of one unit: what constructs (emit_*.cpp) and builtins share.
//
// Values: a scalar type (Type::is_scalar) is an LLVM integer of the type's size; any other type is
// a pointer to memory that BPF may read directly (stack, scratch, a ring-buffer record).
// Composite values are built where they belong (`store`), not copied there.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include "ast/ast.h"
#include "codegen/helpers.h"
#include "image/program_image.h"
#include "sema/analysis.h"

namespace sonde::codegen {

class ModuleBuilder;

// One use of a builtin, as its `emit` sees it.
struct BuiltinSite {
  const ast::Expr &expr;
  const std::vector<ast::ExprPtr> *arguments;  // null for `pid` without ()
  const sema::ExprInfo &info;
  llvm::Value *destination;  // memory types and aggregations: where to write
  uint32_t map = sema::kNoIndex;  // aggregations: the map that is assigned

  size_t count() const { return arguments ? arguments->size() : 0; }
  const ast::Expr &argument(size_t i) const { return *(*arguments)[i]; }
};

// Memory that holds an object, and how it may be read.
enum class Region : uint8_t { Bpf, Context, Kernel, User };
struct Place {
  llvm::Value *address = nullptr;  // ptr for Bpf and Context, i64 for Kernel and User
  Region region = Region::Bpf;
};

// Writes a field of a record at `destination` (BPF memory).
using FieldWriter = std::function<void(llvm::Value *destination)>;

class Emitter {
public:
  Emitter(ModuleBuilder &module, const sema::Analysis &analysis, const sema::Unit &unit, uint32_t unit_index,
          llvm::Function &function);

  // Emits the whole program: predicate, body, return 0.
  void emit_program();

  // ---- Around the program ----
  llvm::IRBuilder<> &ir() { return ir_; }
  const sema::Analysis &analysis() const { return analysis_; }
  const sema::Unit &unit() const { return unit_; }
  const sema::ExprInfo &info(const ast::Expr &expr) const { return unit_.info(expr); }
  llvm::Value *context() { return context_; }
  llvm::Type *type_of(const Type &type);  // scalars: iN; others: [size x i8]
  llvm::ConstantInt *constant(uint64_t value, uint32_t bits = 64);
  llvm::BasicBlock *block(const char *name);
  // Continues at `next`; what follows a return or break is unreachable and removed by LLVM.
  void continue_at(llvm::BasicBlock *next);
  void branch_to(llvm::BasicBlock *target);  // unless the current block has ended
  // if (condition) { then() } else { otherwise() }; `otherwise` may be null.
  void branch(llvm::Value *condition, const std::function<void()> &then, const std::function<void()> &otherwise = {});

  // ---- Expressions (emit_expression.cpp) ----
  llvm::Value *value(const ast::Expr &expr);
  // A scalar converted to scalar type `as`: sign- or zero-extended by its own signedness, or cut.
  llvm::Value *value_as(const ast::Expr &expr, const Type &as);
  llvm::Value *value64(const ast::Expr &expr) { return value_as(expr, Type::int64()); }
  llvm::Value *convert(llvm::Value *value, const Type &from, const Type &to);
  llvm::Value *condition(const ast::Expr &expr);  // i1: non-zero, non-empty
  // Writes the value of `expr` to `destination` in the byte form of type `as`, padding zeroed.
  void store(const ast::Expr &expr, llvm::Value *destination, const Type &as);
  // The same for a value that is already there.
  void store_value(llvm::Value *value, const Type &from, llvm::Value *destination, const Type &as);

  // ---- Memory (emit_memory.cpp) ----
  // Temporary memory for the rest of the program: stack when small, else a part of the scratch map.
  // Not cleared.
  llvm::Value *allocate(uint32_t size, uint32_t alignment = 8);
  void zero(llvm::Value *destination, uint32_t size);
  void copy(llvm::Value *destination, llvm::Value *source, uint32_t size);
  llvm::Value *offset(llvm::Value *base, uint64_t bytes);
  llvm::Value *load(llvm::Value *address, const Type &type);  // scalar from BPF memory
  // Reads `size` bytes of kernel or user memory; on failure the destination is zeroed. Returns the
  // helper's i64 result.
  llvm::Value *read_memory(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space);
  // Reads a C string of at most `size` bytes with its NUL; on failure the first byte is 0. With
  // `clear`, bytes past the NUL are zero (needed in keys).
  llvm::Value *read_string(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space);
  // As above, of at most `length` (i64, run time) bytes with the NUL, length <= size.
  llvm::Value *read_string(llvm::Value *destination, uint32_t size, llvm::Value *length, llvm::Value *address,
                           AddressSpace space);
  // An object that `expr` (field access, index, dereference, args) designates, unread.
  Place place(const ast::Expr &expr);

  // ---- Helpers and context (emit_context.cpp) ----
  llvm::Value *helper(Helper helper, std::initializer_list<llvm::Value *> arguments, Purity purity = Purity::Impure);
  // Registers of the probed code as i64; the unit's context must hold them.
  llvm::Value *argument_register(uint32_t index);
  llvm::Value *return_register();
  llvm::Value *instruction_pointer();
  // Index of the target that fired, in ProgramImage::probe_names.
  llvm::Value *target_name_index();
  llvm::Value *parameter(image::ParameterKind kind);

  // ---- Maps (emit_map.cpp) ----
  llvm::Value *map(uint32_t map);  // address of the map, for helpers
  // The key of `map` in memory, from its expression (null for scalar maps).
  llvm::Value *map_key(uint32_t map, const ast::Expr *key);
  // Address of the value or null (i.e. to be checked).
  llvm::Value *map_lookup(uint32_t map, llvm::Value *key);
  // Calls `body` with the address of the value; runs nothing of it when the entry is missing.
  void with_entry(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body);
  // As with_entry, but first creates a zeroed entry when it is missing.
  void with_new_entry(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body);
  void map_delete(uint32_t map, llvm::Value *key);  // scalar maps: zeroes
  // The integer that an aggregation currently stands for, merged over CPUs.
  llvm::Value *aggregate_value(uint32_t map, llvm::Value *key);

  // ---- Events (emit_event.cpp) ----
  // Reserves a record, writes its header and fields, submits. Counts a loss when the ring is full.
  void send_event(uint32_t event, std::span<const FieldWriter> fields);
  // The common case: fields are the values of expressions.
  void send_event(uint32_t event, std::span<const ast::Expr *const> fields);
  // Leaves the program at once (exit(), return).
  void return_from_program();

private:
  friend struct EmitterState;
  ModuleBuilder &module_;
  const sema::Analysis &analysis_;
  const sema::Unit &unit_;
  uint32_t unit_index_;
  llvm::Function &function_;
  llvm::IRBuilder<> ir_;
  llvm::Value *context_;
};

}  // namespace sonde::codegen
