// Emits the body of one unit: what constructs (emit_*.cpp) and builtins share.
//
// Values: a scalar type (Type::is_scalar) is an LLVM integer of the type's size; any other type is
// a pointer to memory that BPF may read directly (stack, scratch, a ring-buffer record).
// Composite values are built where they belong (`store`), not copied there.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "codegen/helpers.h"
#include "codegen/kernel_types.h"
#include "image/program_image.h"
#include "sema/analysis.h"
#include "sema/kernel_questions.h"

namespace sonde::codegen {

class ModuleBuilder;

// One use of a builtin, as its `emit` sees it.
struct BuiltinSite {
  const ast::Expr &expr;
  const std::vector<ast::ExprPtr> *arguments;  // null for `pid` without ()
  const sema::ExprInfo &info;
  llvm::Value *destination;       // memory types and aggregations: where to write
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
  // Whether what was emitted calls helpers that sleep.
  bool sleeps() const { return fault_in_ != nullptr; }

  // ---- Around the program ----
  llvm::IRBuilder<> &ir() { return ir_; }
  const sema::Analysis &analysis() const { return analysis_; }
  const sema::Unit &unit() const { return unit_; }
  const sema::ExprInfo &info(const ast::Expr &expr) const { return unit_.info(expr); }
  llvm::Value *context() { return frame_.context; }
  kernel::Kernel &kernel();
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
  // Memory until the end of the statement: stack when small, else a part of the scratch map. Not
  // cleared.
  llvm::Value *allocate(uint32_t size, uint32_t alignment = 8);
  void zero(llvm::Value *destination, uint32_t size);
  void copy(llvm::Value *destination, llvm::Value *source, uint32_t size);
  llvm::Value *offset(llvm::Value *base, uint64_t bytes);
  // The same number, of which LLVM knows nothing: a check of its range and its use stay on one register, as the
  // verifier wants it. Free.
  llvm::Value *opaque(llvm::Value *number);
  llvm::Value *load(llvm::Value *address, const Type &type);  // scalar from BPF memory
  // Reads `size` bytes of kernel or user memory; on failure the destination is zeroed. Returns the
  // helper's i64 result.
  llvm::Value *read_memory(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space);
  // An integer of `size` bytes (a power of two up to 8) in the kernel's memory; zero where it cannot be read
  // (emit_kernel_read.cpp).
  llvm::Value *read_kernel(llvm::Value *address, uint32_t size);
  // Reads a C string of at most `size` bytes with its NUL; on failure the first byte is 0. Bytes past
  // the NUL are zero, as keys need it, except in the fields of a record. Space None: the
  // context's; in kernel code, either.
  llvm::Value *read_string(llvm::Value *destination, uint32_t size, llvm::Value *address, AddressSpace space);
  // As above, of at most `length` (i64, run time) bytes with the NUL, length <= size.
  llvm::Value *read_string(llvm::Value *destination, uint32_t size, llvm::Value *length, llvm::Value *address,
                           AddressSpace space);
  // A string that the script reads, in memory of its own of which only the part up to the first zero word counts; null
  // where it is no such string, or so short that all of it is cleared sooner (emit_long_string.cpp).
  llvm::Value *word_ended(const ast::Expr &expr, const Type &as);
  // Reads in `body` that fail are no failures of the script.
  void without_counting_reads(const std::function<void()> &body);
  // i1: two strings are the same up to their NUL or for `size` bytes (emit_string.cpp).
  llvm::Value *equal_until_nul(llvm::Value *left, llvm::Value *right, uint32_t size);
  // The first `bytes` of a string, for who looks at no more (emit_string.cpp).
  llvm::Value *text_prefix(const ast::Expr &expr, uint32_t bytes);
  llvm::Value *equals_bytes(llvm::Value *memory, const std::string &bytes);  // i1
  // ---- Searching (emit_search.cpp) ----
  // i64: where in a string of `size` bytes `wanted` first occurs, or -1.
  llvm::Value *find_literal(llvm::Value *text, uint32_t size, const std::string &wanted);
  llvm::Value *find_string(llvm::Value *text, uint32_t size, llvm::Value *wanted, uint32_t wanted_size);
  // i32: 0 when `size` bytes are the same, else the difference of the first that are not.
  llvm::Value *first_difference(llvm::Value *left, llvm::Value *right, uint32_t size);

  // An object that `expr` (field access, index, dereference, args) designates, unread.
  Place place(const ast::Expr &expr);

  // ---- Helpers and context (emit_context.cpp) ----
  llvm::Value *helper(Helper helper, std::initializer_list<llvm::Value *> arguments, Purity purity = Purity::Impure);
  // Registers of the probed code as i64; the unit's context must hold them.
  llvm::Value *argument_register(uint32_t index);
  llvm::Value *return_register();
  llvm::Value *instruction_pointer();
  // The one at an offset in the context (arch_registers.h).
  llvm::Value *context_register(uint16_t offset) { return context_load(offset, 8); }
  // Index of the target that fired, in ProgramImage::probe_names.
  llvm::Value *target_name_index();
  // *address += amount (i64s), in a value that programs on other CPUs leave alone (emit_preemption.cpp).
  void add_on_this_cpu(llvm::Value *address, llvm::Value *amount);
  // `body` changes such a value by more than one instruction. It calls nothing that may wait.
  void change_on_this_cpu(const std::function<void()> &body);
  // Writes all of `args`.
  void store_args(llvm::Value *destination, const Type &type);
  llvm::Value *parameter(image::ParameterKind kind, const std::string &name = {});
  // Whether the kernel has what is asked for: a bool.
  llvm::Value *kernel_answer(const image::KernelQuestion &question, Location where);
  // The first `size` of the kTextBytes of a text of the command line.
  void copy_text(image::ParameterKind kind, const std::string &name, llvm::Value *destination, uint32_t size);
  // Of the machine that the program will run on: how many CPUs it may have, where a symbol of its kernel is.
  llvm::Value *cpu_count();
  llvm::Value *symbol_address(const std::string &name);
  // i32, of the running task as the tracer's pid namespace counts; 0 where it has none there (emit_scope.cpp).
  llvm::Value *process_id();
  llvm::Value *thread_id();

  // ---- Numbers that depend on the kernel (emit_kernel_types.cpp) ----
  // i64: from the start of a type to a field inside it; bytes of a type.
  llvm::Value *offset_of(Type type, const std::vector<std::string> &way);
  llvm::Value *size_of(const Type &type);
  // A place in the running task's task_struct, `distance` (i64) from its start, on kernels from kTypedTask on: memory
  // that may be loaded from.
  llvm::Value *typed_task(llvm::Value *distance);
  // Copies `size` bytes of it, a multiple of 8, on those kernels.
  void copy_from_task(llvm::Value *destination, llvm::Value *distance, uint32_t size);
  // An integer of `size` bytes there, on any kernel.
  llvm::Value *running_task_field(llvm::Value *distance, uint32_t size);

  // ---- Variables (emit_statement.cpp) ----
  // Gives a variable a value of type `from`.
  void assign_variable(uint32_t variable, llvm::Value *value, const Type &from);

  // ---- Stacks (emit_stack.cpp) ----
  // The running task's stack as a value of type `stack`.
  llvm::Value *stack(const Type &stack);
  // How many frames it has.
  llvm::Value *stack_depth(const Type &stack);
  llvm::Value *stack_flags(const Type &stack);  // of the helpers that walk it

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
  // i1: whether there is an entry; of scalar maps, whether the script has assigned it.
  llvm::Value *map_has(uint32_t map, llvm::Value *key);
  llvm::Value *map_delete(uint32_t map, llvm::Value *key);  // i1: whether there was an entry
  llvm::Value *map_length(uint32_t map);                    // i64: how many entries it has
  // The integer that an aggregation currently stands for, merged over CPUs.
  llvm::Value *aggregate_value(uint32_t map, llvm::Value *key);

  // ---- Events (emit_event.cpp) ----
  // Reserves a record, writes its header and fields, submits. Counts a loss when the ring is full.
  void send_event(uint32_t event, std::span<const FieldWriter> fields);
  // The common case: fields are the values of expressions.
  void send_event(uint32_t event, std::span<const ast::Expr *const> fields);
  // Sends a record with that many of the packet's first bytes behind it; i64: the helper's result.
  llvm::Value *send_packet(uint32_t event, llvm::Value *packet, llvm::Value *offset, llvm::Value *length);
  // Leaves the program at once (exit(), return). What is emitted after it is unreachable and dropped.
  // Must not be called while a record is being written.
  void return_from_program();

private:
  // Where `break` and `continue` lead.
  struct Loop {
    llvm::BasicBlock *next;
    llvm::BasicBlock *end;
  };
  // One function being emitted: the program itself or the body of a loop over a map.
  struct Frame {
    llvm::Function *function = nullptr;
    llvm::BasicBlock *entry = nullptr;    // allocas; ended by finish_frame
    llvm::BasicBlock *first = nullptr;    // follows the entry
    llvm::BasicBlock *gate = nullptr;     // where scratch memory is claimed, if at all; ended by finish_frame
    llvm::BasicBlock *claimed = nullptr;  // between gate and body, when scratch memory is used
    llvm::BasicBlock *body = nullptr;
    llvm::BasicBlock *exit = nullptr;  // returns 0
    llvm::Value *context = nullptr;
    llvm::Value *scratch = nullptr;      // the claimed area, when used
    llvm::Value *zero_key = nullptr;     // u32 0, the key of scalar maps, when used
    llvm::Value *counter_key = nullptr;  // u32, the key of counters and scratch areas, when used
    llvm::Value *captured = nullptr;     // callbacks: words from around the loop (emit_callback.cpp)
    llvm::Value *handed_down = nullptr;  // the words that this function's own loops get, one after the other
    llvm::Value *result = nullptr;       // programs whose result counts: its address
    llvm::Value *syscall = nullptr;      // programs for system calls: the number
    bool may_stop = false;               // callbacks: the flag is set somewhere
    uint32_t part_depth = 0;             // parts of long bodies that are around it
    uint32_t stack_limit = 0;
    uint32_t stack_used = 0;
    std::vector<llvm::Value *> variables;  // addresses, by Unit::variables; null until used
    std::vector<Loop> loops;
  };
  // A piece of stack that a statement before this one used and left.
  struct StackPiece {
    llvm::Value *address;
    uint32_t size;
  };
  // While it lives, memory is allocated that is free again afterwards. They nest.
  class Temporaries {
  public:
    explicit Temporaries(Emitter &emitter) : emitter_(emitter), scratch_before_(emitter.scratch_used_) {
      outer_stack_.swap(emitter.used_stack_);
    }
    ~Temporaries();
    Temporaries(const Temporaries &) = delete;
    Temporaries &operator=(const Temporaries &) = delete;

  private:
    Emitter &emitter_;
    uint32_t scratch_before_;
    std::vector<StackPiece> outer_stack_;
  };

  // ---- emit_program.cpp ----
  Frame make_frame(llvm::Function &function, uint32_t stack_limit);
  llvm::BasicBlock *add_exit();
  void begin_frame();   // continues in the frame's body
  void finish_frame();  // ends body and entry
  void locate(Location where);

  // ---- emit_statement.cpp, emit_loop.cpp, emit_map_loop.cpp ----
  void emit(const ast::Block &block);
  // As TypeChecker::check_statements.
  bool emit_statements(std::span<const ast::Statement> statements, sema::GuardedBranch &behind);
  void emit(const ast::Statement &statement);
  void emit(const ast::ExprStatement &node);
  void emit(const ast::Assign &node);
  void emit(const ast::Let &node);
  void emit(const ast::If &node);
  void emit(const ast::While &node);
  void emit(const ast::Unroll &node);
  void emit(const ast::ForRange &node);
  void emit(const ast::ForMap &node);
  void emit(const ast::Return &node);
  void emit(const ast::Break &node);
  void emit(const ast::Continue &node);
  void assign_variable(const ast::Expr &target, const ast::Assign &node);
  void assign_map(const ast::Expr &target, const ast::Assign &node);
  void emit_aggregation(const ast::Expr &target, const ast::Map &map, const ast::Expr &value);
  void emit_body(const ast::Block &body, llvm::BasicBlock *next, llvm::BasicBlock *end);
  llvm::Value *variable_address(uint32_t variable);
  void allocate_variable(const void *declaring);
  void allocate_variable(uint32_t variable);
  void allocate_kept_variables();
  llvm::Value *allocate_counter();
  void emit_rolled(const ast::Block &body, uint64_t count);

  // ---- emit_callback.cpp ----
  // A body that a helper calls back, or a part of a long one, as a function of its own.
  struct Callback {
    llvm::Function *function = nullptr;
    llvm::Value *captured = nullptr;  // the argument through which it reaches what is around it
    bool may_stop = false;            // it may make the whole program return
  };
  // Words of the captured array.
  enum : uint64_t { kStopWord, kContextWord, kScratchWord, kBeginWord, kCapturedWords };
  Callback emit_function(const char *suffix, std::span<llvm::Type *const> parameters,
                         const std::function<void()> &content);
  bool emit_part(std::span<const ast::Statement> part, sema::GuardedBranch &behind);
  Callback emit_callback(std::span<llvm::Type *const> parameters, const ast::Block &body,
                         const std::function<void(llvm::BasicBlock *stop)> &prepare);
  llvm::Function *emit_search_round(uint32_t size, uint32_t wanted_size);  // emit_search.cpp
  llvm::Value *capture();
  void enter_callback(llvm::Function &function);
  void leave_if_stopped(const Callback &callback);
  void bind_entry(const ast::ForMap &node, llvm::Value *key, llvm::Value *entry);
  void emit_large_range(const ast::ForRange &node);
  void emit_counted_while(const ast::While &node);

  // ---- emit_expression.cpp, emit_operator.cpp ----
  llvm::Value *emit_expression(const ast::Expr &expr, llvm::Value *destination);
  llvm::Value *emit_builtin(const ast::Expr &expr, const std::vector<ast::ExprPtr> *arguments,
                            const sema::ExprInfo &about, llvm::Value *destination);
  llvm::Value *emit_block_value(const ast::BlockExpr &node);
  llvm::Value *emit_map_value(const ast::Expr &expr, const ast::Map &node);
  llvm::Value *read_entry(uint32_t map, llvm::Value *key);
  llvm::Value *address_of(const ast::Expr &expr);  // i64: of what lies in memory
  llvm::Value *emit_unary(const ast::Expr &expr, const ast::Unary &node);
  llvm::Value *emit_binary(const ast::Expr &expr, const ast::Binary &node);
  llvm::Value *emit_comparison(const ast::Binary &node);
  llvm::Value *equal_objects(const ast::Expr &left, const ast::Expr &right);
  llvm::Value *emit_logic(const ast::Binary &node);
  llvm::Value *emit_pointer_arithmetic(const ast::Expr &expr, const ast::Binary &node);
  llvm::Value *emit_increment(const ast::Expr &expr, const ast::IncrementDecrement &node);
  llvm::Value *emit_ternary(const ast::Expr &expr, const ast::Ternary &node);
  llvm::Value *emit_cast(const ast::Expr &expr, const ast::Cast &node);
  llvm::Value *truth(llvm::Value *value, const Type &type);
  // Both operands are of `type` already.
  llvm::Value *arithmetic(ast::BinaryOp op, llvm::Value *left, llvm::Value *right, const Type &type);
  llvm::Value *divide(ast::BinaryOp op, llvm::Value *left, llvm::Value *right, bool is_signed);
  // What is added for one step of `type`: 1, or the pointee's size.
  llvm::Value *step_of(const Type &type);
  // `change` makes the new scalar of an entry from the old one (0 when missing). Returns the old.
  llvm::Value *update_entry(uint32_t map, llvm::Value *key, const std::function<llvm::Value *(llvm::Value *)> &change);

  // ---- emit_store.cpp, emit_string.cpp ----
  void store_literal(const std::string &text, llvm::Value *destination, uint32_t size);
  void store_builtin(const ast::Expr &expr, llvm::Value *destination, const Type &as);
  void store_ternary(const ast::Ternary &node, llvm::Value *destination, const Type &as);
  void store_map_value(const ast::Expr &expr, const ast::Map &node, llvm::Value *destination, const Type &as);
  void store_place(const ast::Expr &expr, llvm::Value *destination, const Type &as);
  void store_cast(const ast::Cast &node, llvm::Value *destination, const Type &as);
  void store_typeinfo(const sema::ExprInfo &about, llvm::Value *destination, const Type &as);
  void store_tuple(const ast::Expr &expr, const ast::Tuple &node, llvm::Value *destination, const Type &as);
  void store_part(llvm::Value *tuple, const Field &from, llvm::Value *destination, const Field &as);
  void zero_padding(llvm::Value *destination, const Type &tuple);
  llvm::Value *string_value(const ast::Expr &expr);
  llvm::Value *equal_strings(const ast::Expr &left, const ast::Expr &right);
  llvm::Value *equals_literal(const ast::Expr &text, const std::string &literal);
  llvm::Value *equal_bytes(llvm::Value *left, llvm::Value *right, uint32_t size);
  llvm::Value *compare_in_loop(llvm::Value *left, llvm::Value *right, uint32_t size, bool until_nul);

  // ---- emit_long_string.cpp ----
  bool can_be_word_ended(const Type &type) const;
  void end_at_zero_word(llvm::Value *string, uint32_t size, llvm::Value *length);
  void copy_word_ended(llvm::Value *destination, llvm::Value *source, uint32_t size);
  void copy_cleared(llvm::Value *destination, llvm::Value *source, uint32_t size);

  // ---- emit_scratch.cpp ----
  llvm::Value *scratch_memory();
  llvm::Value *allocate_scratch(uint32_t size);
  void move_gate();
  void emit_claim();
  llvm::Value *claim_word(llvm::Value *area);  // its word before, which is 1 now
  void emit_release();

  // ---- emit_memory.cpp, emit_place.cpp ----
  llvm::Value *counted_read(const char *name, llvm::Value *result);  // returns `result`
  llvm::Value *allocate_on_stack(uint32_t size);
  uint32_t alignment_of(const llvm::Value *address) const;
  // Calls `access` with the offset and width of each part.
  void in_words(uint32_t size, uint32_t alignment, const std::function<void(uint32_t, uint32_t)> &access);
  llvm::Value *load_aligned(llvm::Value *address, uint32_t size, uint32_t alignment);
  bool is_place(const ast::Expr &expr) const;
  bool is_running_task(const ast::Expr &expr) const;  // curtask
  llvm::Value *read_scalar(const Place &place, uint32_t size);
  llvm::Value *read_element(const ast::Expr &expr);
  llvm::Value *read_bitfield(const Place &place, const Field &field, const ast::FieldAccess &node);
  llvm::Value *data_loc_address(const ast::FieldAccess &node);
  Place field_place(const ast::FieldAccess &node);
  Place index_place(const ast::Index &node);
  Place pointee_place(const ast::Expr &pointer);
  Place advance(Place place, llvm::Value *bytes);
  const Field *field_of(const ast::FieldAccess &node) const;
  AddressSpace space_of(const Type &pointer) const;
  Type complete(const Type &type) const;

  // ---- emit_kernel_read.cpp ----
  // How the unit's programs load from the kernel's memory: numbers in its BTF, and the bytes of one such type. A cast
  // of 0: they cannot.
  struct DirectReads {
    uint32_t cast = 0, type = 0, words = 0;
  };
  DirectReads find_direct_reads();
  static std::pair<llvm::Value *, uint64_t> split_address(llvm::Value *address);

  // ---- emit_kernel_types.cpp ----
  llvm::Value *kernel_fact(KernelTypes::Fact fact, const FieldPath &path);
  llvm::Value *kernel_fact(const KernelTypes::Variable &found);
  FieldPath path_from(const Type &root, const Field &field) const;
  // The way to a field whose place is put right at load time; nothing for others.
  std::optional<FieldPath> kernel_path(const ast::FieldAccess &node);
  FieldPath record_path(const Field &field, Location where);
  // While it lasts, what is emitted is reached only where the condition holds (or does not).
  sema::GuardedBranch guarded_by(const ast::Expr &condition, bool holds);
  void note_use(const FieldPath &path, Location where);
  void note_use(image::KernelUseKind kind, const std::string &of, const std::string &field, const std::string &built,
                Location where);
  void note_layout(const Type &type);
  bool moves(const Type &type) const;
  bool is_record(const ast::Expr &expr) const;  // of a tracepoint, whose fields move
  llvm::Value *field_offset(const ast::FieldAccess &node);
  // By how much a 64-bit word with the field's storage unit is shifted until the field is at its top.
  llvm::Value *bitfield_shift(const ast::FieldAccess &node, const Field &field);

  // ---- emit_context.cpp ----
  llvm::Value *stack_arguments();  // address of the arguments that had no register left
  void store_piece(const probes::ArgumentPiece &piece, llvm::Value *args);
  llvm::Value *register_field(const Field &field);
  bool is_register_args(const ast::Expr &expr) const;
  llvm::Value *context_load(uint64_t offset, uint32_t size);
  llvm::Value *load_of_task(llvm::Value *address, uint32_t size);
  // The value, which LLVM will not merge with one of another number.
  llvm::Value *kept_apart(llvm::Value *value, uint64_t number);

  // ---- emit_faults.cpp ----
  bool may_sleep();
  // A helper that reads user memory, and again once the memory is resident where the first time fails.
  llvm::Value *read_user(Helper read, llvm::Value *destination, llvm::Value *size, llvm::Value *address);
  llvm::Function *fault_in_function();

  // ---- emit_preemption.cpp ----
  bool may_be_preempted();
  void keep_to_stack_of_task();

  // ---- emit_usdt.cpp ----
  llvm::Value *usdt_argument(const probes::UsdtArgument &argument);

  // ---- emit_scope.cpp ----
  void ignore_other_processes();
  void ignore_untraced(image::ProcessScope scope);
  void ignore_outside_cgroup();
  void ignore_by_parameters();
  void continue_if(llvm::Value *is_traced);  // i1; else leaves the program
  void continue_if_in_either_set();
  llvm::Value *in_pid_set(llvm::GlobalVariable *set, llvm::Value *pid);
  enum class Id : uint8_t { Thread, Process };
  llvm::Value *first_id(Id id);
  llvm::Value *id_in_namespace(Id id, llvm::Value *device, llvm::Value *inode);
  llvm::Value *id_for_tracer(Id id);

  // ---- emit_syscall.cpp ----
  void ignore_other_syscalls();
  void ignore_end_of_iteration();
  void allocate_result();
  bool has_syscall_table() const;
  llvm::Value *syscall_number();
  llvm::Value *syscall_register(uint32_t offset, uint32_t size);
  llvm::Value *task_register(llvm::Value *registers, uint32_t offset, uint32_t size);
  // Of the target whose number it is, one more than its name's index; 0 for calls that are no target.
  llvm::Value *syscall_entry();
  llvm::Value *in_compat_call();
  llvm::Value *syscall_field(const Field &field);
  bool is_syscall_args(const ast::Expr &expr) const;

  // ---- emit_map.cpp ----
  llvm::Value *zero_key();
  // Scalar maps always have their entry: leaves the program, where it may, instead of a branch.
  void expect_entry(llvm::Value *entry, const std::function<void(llvm::Value *)> &body);
  llvm::Value *create_zeroed_entry(uint32_t map, llvm::Value *key);  // the helper's result
  // Gives the entry that value; counts when the map is full.
  // `is_word_ended`: the value (word_ended()).
  void set_entry(uint32_t map, llvm::Value *key, llvm::Value *value, bool is_word_ended = false);
  void mark_assigned(uint32_t map, llvm::Value *slot);  // scalar maps

  void count_full(uint32_t map, llvm::Value *code);  // an update that the helper refused with that code

  // ---- emit_table.cpp ----
  struct TableAccess;
  void with_table_cell(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body);
  void find_slot(TableAccess &table);
  void begin_search(TableAccess &table);
  void search_again(TableAccess &table, llvm::Value *at, llvm::Value *round, llvm::Value *is_second);  // from here
  void add_table_entry(TableAccess &table, llvm::Value *slot_address, llvm::Value *slot);
  llvm::Value *table_entry(const TableAccess &table, llvm::Value *index);
  llvm::Value *equal_table_keys(const TableAccess &table, llvm::Value *entry);
  llvm::Value *table_cell(const TableAccess &table, llvm::Value *index);
  llvm::Value *table_hash(const TableAccess &table);
  llvm::Value *hash_in_loop(const TableAccess &table, uint32_t size, llvm::Value *seed, llvm::BasicBlock *end,
                            llvm::PHINode &result);
  llvm::Value *mix(llvm::Value *hash, llvm::Value *word);
  // The same address, of which it is known that it is a multiple of 8.
  llvm::Value *aligned(llvm::Value *address);

  // ---- emit_task_slots.cpp ----
  struct TaskSlot;
  TaskSlot task_slot(uint32_t map, llvm::Value *key);
  llvm::Value *is_in_slot(const TaskSlot &slot);
  llvm::Value *has_overflowed(const TaskSlot &slot);
  void count_overflow(const TaskSlot &slot, uint64_t by);
  llvm::Value *look_up_task_slot(uint32_t map, llvm::Value *key);  // as map_lookup
  void set_task_slot(uint32_t map, llvm::Value *key, llvm::Value *value, bool is_word_ended);
  void set_hashed(uint32_t map, llvm::Value *key, llvm::Value *value, const TaskSlot &slot);
  llvm::Value *delete_from_task_slot(uint32_t map, llvm::Value *key);  // as map_delete

  // ---- emit_aggregate.cpp ----
  struct Merged;
  // The entry's values: the one, or each CPU's.
  void for_each_value(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body);
  void for_each_cpu(uint32_t map, llvm::Value *key, const std::function<void(llvm::Value *)> &body);
  void merge_entry(const Type &type, llvm::Value *entry, const Merged &merged);

  // ---- emit_event.cpp ----
  bool has_effects(const ast::Expr &expr) const;
  void send_copy(llvm::Value *ring, uint32_t event, const std::function<void(llvm::Value *)> &fill);
  llvm::Value *data_position();
  // `position` is null for data.
  void write_header(uint32_t event, llvm::Value *record, llvm::Value *position);
  void count_lost_event();
  llvm::Value *try_packet(uint32_t event, llvm::Value *packet, llvm::Value *record, llvm::Value *bytes);
  FieldWriter writer_of(const ast::Expr &field, const Type &as);
  llvm::Value *counter_key();
  void count_loss(uint32_t word);  // of image::LossWords
  // Counts that a helper of the kernel returned `code`, an error, at the statement being emitted.
  void count_failure(const char *helper, std::optional<uint32_t> map, llvm::Value *code);

  ModuleBuilder &module_;
  const sema::Analysis &analysis_;
  const sema::Unit &unit_;
  uint32_t unit_index_;
  llvm::IRBuilder<> ir_;
  Frame frame_;
  Location where_;
  Location statement_where_;
  const std::vector<ast::ExprPtr> *arguments_ = nullptr;  // of the innermost builtin being emitted; null for none
  uint32_t scratch_used_;                                 // bytes of the area; the first word says whether it is in use
  uint32_t scratch_total_;                                // the most so far
  std::vector<bool> is_shared_;         // by Unit::variables: used by several functions, and so in scratch memory
  std::vector<uint32_t> shared_place_;  // of those, where in the area
  std::vector<StackPiece> free_stack_;  // for reuse by later statements
  std::vector<StackPiece> used_stack_;  // by the statement being emitted
  // A ring-buffer record is reserved: it must reach submit on every path.
  bool record_is_reserved_ = false;
  bool counts_failed_reads_ = analysis_.counts_failed_reads;
  std::vector<image::KernelGuard> guards_;   // under which the statement being emitted is reached
  std::optional<bool> may_sleep_;            // once it was asked
  std::optional<DirectReads> direct_reads_;  // the same
  llvm::Function *fault_in_ = nullptr;       // once it was needed
  // Strings are cleared past their NUL, as keys need it; records do not.
  bool pad_strings_ = true;
  llvm::Value *word_ended_ = nullptr;  // where a string is read that ends at a zero word
};

}  // namespace sonde::codegen
