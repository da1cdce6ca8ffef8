// Finds the type of every expression and reports what is wrong with it.
//
// Types of maps and variables follow from all their uses, so units are checked silently until
// nothing changes, each again only when something that it read has changed, and then once more
// with reports. One file per construct holds the members: check_expression.cpp, check_map.cpp, …
//
// An expression of unknown type (kind None) was reported where it went wrong: whatever contains it
// stays silent and unknown too.
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "sema/analysis.h"
#include "sema/analyze.h"
#include "sema/builtin_lookup.h"
#include "sema/kernel_questions.h"
#include "sema/map_table.h"
#include "sema/reporter.h"
#include "sema/type_names.h"
#include "sema/unify.h"

namespace sonde::sema {

bool is_integer_literal(const ast::Expr &expr);

class TypeChecker {
public:
  TypeChecker(const ast::Program &program, kernel::Kernel &kernel, builtins::Table builtins,
              const AnalyzeOptions &options, Analysis &analysis, Diagnostics &diagnostics);

  // Fills in analysis.units' expressions and variables, the maps, the events (without their byte
  // layout) and the parameters. May split units (see Unit::needs_cookie).
  void run();

private:
  friend class BuiltinUse;

  // What a call may be used for.
  enum class Use : uint8_t { Value, Effect, Aggregation };

  struct UseAfterBlock {
    Location assigned;
    Location used;
  };

  // Kept beside each unit from round to round.
  struct UnitState {
    std::vector<Slot> slots;                                // of Unit::variables
    std::map<std::string, UseAfterBlock> used_after_block;  // variables by name
    bool has_new_use_after_block = false;                   // the next check declares variables anew
    bool reads_target_name = false;
    std::map<ast::ExprId, uint8_t> settled;  // conditions known while compiling: 1 was true once, 2 was false, 3 both
    bool compares_target_name = false;       // probe == "…": decided here, so it needs one unit per target
  };

  // ---- Order of work (type_checker.cpp) ----
  void settle_types();
  // Checks all units until nothing changes.
  void settle_round();
  void drop_missing_probes();
  void split_units();
  bool awaits_parameters() const;
  void check_size(const Type &type, Location where, ExprInfo &info);
  bool moves(const Type &type) const;
  void settle_at_load(ExprInfo &info, Type type);
  bool may_have_more_elsewhere(const Unit &unit) const;
  void require_names(const Unit &unit);
  void report();
  void check_unit(uint32_t unit);
  void require_types();
  void check_again(uint32_t unit);
  void mark_readers(uint32_t map);
  ExprInfo &info_of(const ast::Expr &expr) { return unit_->exprs[expr.id - unit_->probe->first_expr]; }
  bool is_checked(const ast::Expr &expr) const { return checked_[expr.id - unit_->probe->first_expr] == pass_; }

  // ---- Expressions (check_expression.cpp) ----
  // Types `expr`, which must give a value. The reference is good until the unit is checked again.
  const ExprInfo &value(const ast::Expr &expr);
  const ExprInfo &check(const ast::Expr &expr, Use use);
  // Types an expression that stands as a statement.
  void effect(const ast::Expr &expr);
  void warn_of_unused_result(const ast::Expr &expr);
  // Types a condition, and reports what cannot be true or false.
  const ExprInfo &condition(const ast::Expr &expr);
  // Types an operand that must be an integer or act as one; `user` names who wants it ("'+'").
  const ExprInfo &integer(const ast::Expr &expr, std::string_view user);
  bool require_integer(const ast::Expr &expr, std::string_view user);

  void check_node(const ast::Integer &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Boolean &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::String &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::PositionalParameter &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::ParameterCount &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Ternary &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Tuple &, const ast::Expr &, ExprInfo &);

  // ---- Blocks as expressions (check_block.cpp) ----
  void check_node(const ast::BlockExpr &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Comptime &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::TypeArgument &, const ast::Expr &, ExprInfo &);
  void check_block_value(const ast::BlockExpr &, const ast::Expr &, ExprInfo &, Use use);
  void report_no_value(const ast::BlockExpr &, Location where);
  void unify_branches(const ast::Ternary &, const ast::Expr &, ExprInfo &);

  // ---- Operators (check_operator.cpp) ----
  void check_node(const ast::Unary &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Binary &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::IncrementDecrement &, const ast::Expr &, ExprInfo &);
  void check_logic(const ast::Binary &, ExprInfo &);
  void check_comparison(const ast::Binary &, const ast::Expr &, ExprInfo &);
  void warn_of_settled_comparison(const ast::Binary &, Location where);
  void warn_of_signs(const ast::Binary &, Location where);
  // probe == "kprobe:f": known for each target; true when this is it.
  bool check_probe_comparison(const ast::Binary &, ExprInfo &);
  // == and != of objects whose bytes say all, once both are of one type: arrays, tuples.
  bool check_object_comparison(ast::BinaryOp op, const Type &left, const Type &right) const;
  bool check_text_comparison(const ast::Binary &, const ast::Expr &, ExprInfo &);
  void check_arithmetic(ast::BinaryOp op, const ast::Expr &left, const ast::Expr &right, Location where,
                        ExprInfo &info);
  bool check_pointer_arithmetic(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right, Location where,
                                ExprInfo &info);
  bool check_divisor(ast::BinaryOp op, const ExprInfo &left, const ExprInfo &right, const ast::Expr &divisor,
                     Location where);
  bool check_shift_count(const ExprInfo &count, Location where);

  // ---- Parts of objects (check_access.cpp) ----
  void check_node(const ast::Cast &, const ast::Expr &, ExprInfo &);
  void check_array_cast(const ast::Cast &, const ExprInfo &operand, Location where, ExprInfo &);
  void check_node(const ast::FieldAccess &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Index &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::SizeofType &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::SizeofExpr &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Offsetof &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::ContainerOf &, const ast::Expr &, ExprInfo &);
  void check_node(const ast::Typeinfo &, const ast::Expr &, ExprInfo &);
  // Where in an object of that type `path` leads; nothing after a report.
  std::optional<Field> member(Type type, const std::vector<std::string> &path, Location where);
  // What sizeof, typeof and typeinfo say of an expression.
  Type type_of(const ast::Expr &expr);
  // The same of one that has been typed (describe_literals.cpp).
  Type described_type(const ast::Expr &expr);
  // Notes what the place is given, null for what is computed in it; true when that makes it another type.
  bool describe(Slot &place, const ast::Expr *value);
  void check_dereference(const ast::Unary &, const ast::Expr &, ExprInfo &);
  void check_address_of(const ast::Unary &, const ast::Expr &, ExprInfo &);
  // True for parts of kernel or user memory: what is in registers or maps has no address to give.
  bool is_in_memory(const ast::Expr &expr);
  bool is_bitfield(const ast::Expr &expr);
  void check_tuple_field(const ast::FieldAccess &, const Type &tuple, ExprInfo &);
  void report_no_element(const ast::FieldAccess &, const Type &tuple);
  void check_struct_field(const ast::FieldAccess &, const Type &object, const ast::Expr &, ExprInfo &);
  // The type of `field` read out of an object in `space`.
  Type field_type(const Field &field, AddressSpace space) const;
  Type named_type(const ast::TypeName &name, AddressSpace space);
  // Where an address without a known space points.
  AddressSpace space_of(const Type &type) const;
  void set_constant(ExprInfo &info, uint64_t value);
  bool is_args(const ast::Expr &expr) const;

  // ---- Names and calls (check_call.cpp) ----
  void check_node(const ast::Identifier &, const ast::Expr &, ExprInfo &);
  // An enumerator, or a macro of the script's C.
  bool check_constant(const std::string &name, Location where, ExprInfo &info);
  void check_node(const ast::Call &, const ast::Expr &, ExprInfo &);
  void check_call(const ast::Call &, const ast::Expr &, ExprInfo &, Use use);
  bool check_use(const builtins::Builtin &builtin, Location where, Use use);
  bool check_count(const builtins::Builtin &builtin, const ast::Call &, Location where);
  void report_unknown_identifier(const std::string &name, Location where);
  void report_unknown_function(const std::string &name, Location where);

  // ---- Maps (check_map.cpp) ----
  void check_node(const ast::Map &, const ast::Expr &, ExprInfo &);
  // The map behind a `@name`; remembered in the expression's info.
  uint32_t mention(const ast::Map &, const ast::Expr &);
  // `@m` as a whole; nothing after a report.
  std::optional<uint32_t> whole_map(const ast::Expr &expr, std::string_view user);
  // `@m[key]` or scalar `@m` as a place: its key is typed and merged.
  uint32_t map_place(const ast::Map &, const ast::Expr &);
  // Types `key` (null for none) as a key of `map` and merges it.
  void check_key(uint32_t map, const ast::Expr *key, Location where);
  bool check_form(uint32_t map, MapForm form, Location where);
  void check_key_parts(uint32_t map, const ast::Expr &key);
  bool check_key_type(const Type &type, const ast::Expr &key);
  void report_key_mismatch(uint32_t map, const ast::Expr &key, const Type &type);
  bool require_defined(uint32_t map, Location where);
  // The type that reading an entry gives.
  Type read_value(uint32_t map, Location where);
  void merge_map_value(uint32_t map, const Type &type, const ExprInfo &value, Location where);

  // ---- Variables and their scopes (check_variable.cpp) ----
  void check_node(const ast::Variable &, const ast::Expr &, ExprInfo &);
  std::optional<uint32_t> find_variable(const std::string &name) const;
  // The variable that `node` brings in, visible from here to the end of the block.
  uint32_t declare_variable(const std::string &name, const void *node, Location where, Lifetime lifetime);
  bool check_not_declared(const std::string &name, Location where);
  void merge_variable(uint32_t variable, const Type &type, const ExprInfo &value, Location where);
  void set_variable_type(uint32_t variable, const Type &type);
  void report_undefined_variable(const std::string &variable, Location where);
  Slot &slot(uint32_t variable) { return states_[unit_index_].slots[variable]; }
  // Before its 0.22, bpftrace knew one scope, the probe's: what was assigned in a block was there behind it.
  // Notes such a use of a variable that no `let` ties to its block; false when there is none.
  bool keep_after_block(const std::string &name, Location use);
  void declare_kept_variables();
  void open_scope() { scopes_.emplace_back(); }
  void close_scope();

  // ---- Statements (check_statement.cpp, check_assignment.cpp) ----
  void check_block(const ast::Block &block);
  // One after the other, as far as the kernel at hand gets: false if that is not the end. What their branches that
  // leave tell of the kernel is added to `behind`.
  bool check_statements(const std::vector<ast::Statement> &statements, GuardedBranch &behind);
  void check_loop_body(const ast::Block &block);
  void check_statement(const ast::Statement &statement);
  void check_node(const ast::ExprStatement &, const ast::Statement &);
  void check_node(const ast::Assign &, const ast::Statement &);
  void check_node(const ast::Let &, const ast::Statement &);
  void check_node(const ast::If &, const ast::Statement &);
  // condition() of what may decide while compiling which branch there is. Reports one that changed its mind.
  void branch_condition(const ast::Expr &expr);
  void check_branch(const ast::Expr &condition, bool holds, const std::function<void()> &check);
  // True of a condition that is to be known while compiling, as long as it is not.
  bool awaits_types(const ast::Expr &condition) const;
  void check_node(const ast::While &, const ast::Statement &);
  void check_node(const ast::Unroll &, const ast::Statement &);
  void check_node(const ast::ForRange &, const ast::Statement &);
  void check_node(const ast::ForMap &, const ast::Statement &);
  void check_node(const ast::Return &, const ast::Statement &);
  void check_node(const ast::Break &, const ast::Statement &);
  void check_node(const ast::Continue &, const ast::Statement &);
  void check_node(const ast::Block &, const ast::Statement &);
  void require_loop(std::string_view keyword, Location where);
  void assign_variable(const ast::Assign &, const ast::Variable &, const ast::Statement &);
  void warn_of_new_sign(const Type &held, const ExprInfo &value, const ast::Expr &expr);
  // Reports a constant that the declared type cannot hold, and warns of numbers that it may not hold.
  void check_fits(const Type &declared, const ExprInfo &value, Location where);
  void assign_map(const ast::Assign &, const ast::Map &, const ast::Statement &);
  bool is_aggregation(const ast::Expr &expr) const;
  // The type that a value can be kept in; None after a report.
  Type kept_type(const ExprInfo &info, const ast::Expr &expr);
  // The type and value of `target op value`.
  ExprInfo compound_value(ast::BinaryOp op, const ast::Expr &target, const ast::Expr &value, Location where);

  // ---- Events (builtin_use.cpp) ----
  uint32_t add_event(const ast::Expr &expr, image::EventSpec event);

  Diagnostic &error(Location where, std::string message) { return reporter_.error(where, std::move(message)); }
  Diagnostic &warning(Location where, std::string message) { return reporter_.warning(where, std::move(message)); }

  kernel::Kernel &kernel_;
  const AnalyzeOptions &options_;
  Analysis &analysis_;
  Diagnostics &diagnostics_;
  Reporter reporter_;
  BuiltinLookup builtins_;
  TypeNames type_names_;
  MapTable maps_;
  std::vector<UnitState> states_;  // parallel to analysis_.units
  std::deque<uint32_t> waiting_;   // units to check again, in the order of the changes that they wait for
  std::vector<bool> is_waiting_;
  // Events by the expression that sends them: equal ones of several units are one.
  std::unordered_map<const ast::Expr *, std::vector<uint32_t>> events_;

  // ---- While one unit is checked ----
  Unit *unit_ = nullptr;
  uint32_t unit_index_ = 0;
  uint32_t pass_ = 0;
  std::vector<uint32_t> checked_;  // by expression: the pass that typed it last
  std::unordered_map<std::string_view, uint32_t> visible_;
  // Variables of blocks that have ended: known by name, but no longer there.
  std::unordered_map<std::string_view, VariableInfo> ended_;
  std::vector<std::vector<std::string_view>> scopes_;
  std::vector<bool> has_value_;  // by variable: assigned before this point
  uint32_t loop_depth_ = 0;
  bool is_discarding_ = false;  // in `_ = …`
  // What depends on itself gets the type of what it is combined with: @n = @n | 1, @most = cpu > @most ? cpu : @most.
  bool is_guessing_ = false;
  std::vector<image::KernelGuard> guards_;
};

}  // namespace sonde::sema
