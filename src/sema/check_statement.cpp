// Statements other than assignments: blocks, branches and loops.
#include <utility>

#include "base/match.h"
#include "sema/settled_branch.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

constexpr uint64_t kMaxUnroll = 100;

}  // namespace

void TypeChecker::check_block(const ast::Block &block) {
  open_scope();
  GuardedBranch behind(guards_, {});
  check_statements(block.statements, behind);
  close_scope();
}

bool TypeChecker::check_statements(const std::vector<ast::Statement> &statements, GuardedBranch &behind) {
  for (const ast::Statement &statement : statements) {
    check_statement(statement);
    if (kernel_leaves(statement, *unit_))
      return false;
    behind.add(guards_behind(statement, *unit_, analysis_.questions));
  }
  return true;
}

void TypeChecker::check_loop_body(const ast::Block &block) {
  ++loop_depth_;
  check_block(block);
  --loop_depth_;
}

void TypeChecker::check_statement(const ast::Statement &statement) {
  match(statement.node, [&](const auto &node) { check_node(node, statement); });
}

void TypeChecker::check_node(const ast::ExprStatement &node, const ast::Statement &) {
  bool outer = std::exchange(is_discarding_, is_discarding_ || node.is_discarded);
  effect(*node.expr);
  is_discarding_ = outer;
}

// What stands in a branch that will not be taken must not decide the type of anything.
bool TypeChecker::awaits_types(const ast::Expr &condition) const {
  return reporter_.is_silent() && std::holds_alternative<ast::Comptime>(condition.node);
}

// A branch that was looked at may have given types to maps and variables. Were it left again because of them, the
// script would mean something else in each round.
void TypeChecker::branch_condition(const ast::Expr &expr) {
  constexpr uint8_t kTrue = 1, kFalse = 2;
  const ExprInfo &info = condition(expr);
  if (!std::holds_alternative<ast::Comptime>(expr.node) || !info.constant)
    return;
  uint8_t &seen = states_[unit_index_].settled[expr.id];
  seen |= *info.constant ? kTrue : kFalse;
  if (seen == (kTrue | kFalse))
    error(expr.where, "this asks for a type that other parts of the script change")
        .with_hint("declare the type: let $x : string[64]");
}

void TypeChecker::check_node(const ast::If &node, const ast::Statement &) {
  branch_condition(*node.condition);
  if (auto taken = settled_branch(node, *unit_)) {
    if (*taken)
      check_block(**taken);
    return;
  }
  if (awaits_types(*node.condition))
    return;
  check_branch(*node.condition, true, [&] { check_block(node.then); });
  if (node.otherwise)
    check_branch(*node.condition, false, [&] { check_block(*node.otherwise); });
}

// What the branch needs of other kernels, only those need to have that take it.
void TypeChecker::check_branch(const ast::Expr &condition, bool holds, const std::function<void()> &check) {
  GuardedBranch guarded(guards_, guards_of(condition, holds, *unit_, analysis_.questions));
  check();
}

void TypeChecker::check_node(const ast::While &node, const ast::Statement &statement) {
  constexpr uint32_t kWordLength = 5;  // while
  warning({statement.where.begin, statement.where.begin + kWordLength}, "while loops are deprecated")
      .with_hint("for ($i : 0..100) { … }");
  condition(*node.condition);
  check_loop_body(node.body);
}

void TypeChecker::check_node(const ast::Unroll &node, const ast::Statement &) {
  const ExprInfo &count = integer(*node.count, "unroll");
  if (!count.type.is_none() && !count.constant)
    error(node.count->where, "unroll needs a constant");
  else if (count.constant && (*count.constant < 1 || *count.constant > kMaxUnroll))
    error(node.count->where, fmt::format("unroll repeats 1 to {} times", kMaxUnroll));
  check_loop_body(node.body);
}

void TypeChecker::check_node(const ast::ForRange &node, const ast::Statement &statement) {
  integer(*node.begin, "a range");
  integer(*node.end, "a range");
  open_scope();
  if (check_not_declared(node.variable, statement.where)) {
    uint32_t index = declare_variable(node.variable, &node, statement.where, Lifetime::Block);
    set_variable_type(index, Type::int64());
    has_value_[index] = true;
  }
  check_loop_body(node.body);
  close_scope();
}

void TypeChecker::check_node(const ast::ForMap &node, const ast::Statement &statement) {
  auto map = whole_map(*node.map, "for");
  Type element;
  if (map && maps_.state(*map).form == MapForm::Scalar) {
    error(node.map->where, fmt::format("{} has no keys to go through", maps_.spec(*map).name))
        .note(maps_.state(*map).form_where, "it is used without a key here");
  } else if (map) {
    const image::MapSpec &spec = maps_.spec(*map);
    Type value = read_value(*map, node.map->where);
    if (!spec.key.is_none() && !value.is_none())
      element = Type::tuple({spec.key, value});
  }
  open_scope();
  if (check_not_declared(node.variable, statement.where)) {
    uint32_t index = declare_variable(node.variable, &node, statement.where, Lifetime::Block);
    slot(index).is_declared = true;
    set_variable_type(index, element);
    has_value_[index] = true;
  }
  check_loop_body(node.body);
  close_scope();
}

void TypeChecker::check_node(const ast::Return &node, const ast::Statement &statement) {
  if (node.value)
    integer(*node.value, "return");
  if (node.value && loop_depth_ > 0 && unit_->provider->kind() == image::ProviderKind::Test)
    error(statement.where, "a test cannot return its result from inside a loop");
}

void TypeChecker::check_node(const ast::Break &, const ast::Statement &statement) {
  require_loop("break", statement.where);
}

void TypeChecker::check_node(const ast::Continue &, const ast::Statement &statement) {
  require_loop("continue", statement.where);
}

void TypeChecker::require_loop(std::string_view keyword, Location where) {
  if (loop_depth_ == 0)
    error(where, fmt::format("'{}' only works in a loop", keyword));
}

void TypeChecker::check_node(const ast::Block &node, const ast::Statement &) { check_block(node); }

}  // namespace sonde::sema
