// Decides the form of loops, and walks a probe for variables that are used across functions.
#include "codegen/loop_form.h"

#include <algorithm>

#include "ast/children.h"
#include "codegen/split_body.h"
#include "kernel/requirements.h"
#include "sema/loop_bounds.h"

namespace sonde::codegen {
namespace {

// The verifier follows loops round by round, nested ones over again in each round, and gives up after a million
// instructions. Those of more rounds, or of more nodes of the tree in all rounds, are called back: a function is
// followed a few times however often it runs.
constexpr int64_t kFollowedRounds = 256;
constexpr uint64_t kFollowedNodes = 256;
constexpr uint64_t kRoundsOfWhile = 16;  // taken for granted: the condition does not tell
constexpr uint64_t kRoundsOfFunction = 4;

class NodeCount {
public:
  NodeCount(const sema::Unit &unit, kernel::KernelVersion version) : unit_(unit), version_(version) {}

  uint64_t of(const ast::Block &block) const {
    uint64_t count = 0;
    for (const ast::Statement &statement : block.statements)
      count += of(statement);
    return count;
  }

private:
  uint64_t of(const ast::Statement &statement) const { return 1 + rounds(statement) * of_parts(statement); }
  uint64_t of(const ast::Expr &expr) const { return 1 + of_parts(expr); }

  template <typename Node> uint64_t of_parts(const Node &node) const {
    uint64_t count = 0;
    ast::for_each_part(node, [&](const auto &part) { count += of(part); });
    return count;
  }

  uint64_t rounds(const ast::Statement &statement) const {
    if (const auto *loop = std::get_if<ast::While>(&statement.node))
      return is_called_back(*loop, unit_, version_) ? kRoundsOfFunction : kRoundsOfWhile;
    if (const auto *loop = std::get_if<ast::ForRange>(&statement.node))
      return is_called_back(*loop, unit_, version_) ? kRoundsOfFunction : kFollowedRounds;
    if (const auto *loop = std::get_if<ast::Unroll>(&statement.node))
      return unit_.info(*loop->count).constant.value_or(1);
    return std::holds_alternative<ast::ForMap>(statement.node) ? kRoundsOfFunction : 1;
  }

  const sema::Unit &unit_;
  kernel::KernelVersion version_;
};

class SharingWalk {
public:
  SharingWalk(const sema::Unit &unit, kernel::KernelVersion version, bool rolls_loops)
      : unit_(unit), version_(version), rolls_loops_(rolls_loops), declared_in_(unit.variables.size()),
        shared_(unit.variables.size()), counts_rounds_(unit.variables.size()) {}

  std::vector<bool> run(bool all) {
    for (uint32_t i = 0; i < unit_.variables.size(); ++i)
      if (unit_.variables[i].lifetime == sema::Lifetime::Probe)
        declared_in_[i] = function_;
    if (unit_.probe->predicate)
      walk(*unit_.probe->predicate);
    walk(unit_.probe->body);
    for (size_t i = 0; i < shared_.size(); ++i)
      shared_[i] = shared_[i] || (all && !counts_rounds_[i]);
    return std::move(shared_);
  }

private:
  void walk(const ast::Block &block) {
    std::vector<Statements> parts{block.statements};
    if (loops_ == 0)
      parts = split_body(block.statements, unit_, version_, rolls_loops_, part_depth_);
    for (Statements part : parts)
      walk_part(part, parts.size() > 1);
  }
  // Parts of long bodies are functions too.
  void walk_part(Statements part, bool is_function) {
    uint32_t outer = function_;
    if (is_function)
      function_ = ++functions_;
    part_depth_ += is_function;
    for (const ast::Statement &statement : part)
      walk(statement);
    part_depth_ -= is_function;
    function_ = outer;
  }
  void walk(const ast::Statement &statement) {
    match(statement.node, [&](const auto &node) { walk(node, statement); });
  }

  template <typename Node> void walk(const Node &node, const ast::Statement &statement) {
    walk_parts(statement);
    declare(&node);
  }
  void walk(const ast::Block &node, const ast::Statement &) { walk(node); }
  void walk(const ast::If &node, const ast::Statement &) {
    walk(*node.condition);
    walk(node.then);
    if (node.otherwise)
      walk(*node.otherwise);
  }
  void walk(const ast::Unroll &node, const ast::Statement &) {
    walk(*node.count);
    walk_loop(false, [&] { walk(node.body); });
  }
  void walk(const ast::While &node, const ast::Statement &) {
    bool called_back = is_called_back(node, unit_, version_);
    if (!called_back)
      note_counters(*node.condition);
    walk_loop(called_back, [&] {
      walk(*node.condition);
      walk(node.body);
    });
  }
  void walk(const ast::ForRange &node, const ast::Statement &) {
    walk(*node.begin);
    walk(*node.end);
    walk_loop(is_called_back(node, unit_, version_), [&] {
      declare(&node);
      walk(node.body);
    });
  }
  void walk(const ast::ForMap &node, const ast::Statement &) {
    walk_loop(true, [&] {
      declare(&node);
      walk(node.body);
    });
  }

  template <typename Walk> void walk_loop(bool called_back, Walk walk_round) {
    uint32_t outer = function_;
    if (called_back)
      function_ = ++functions_;
    ++loops_;
    walk_round();
    --loops_;
    function_ = outer;
  }

  void walk_parts(const ast::Statement &statement) {
    ast::for_each_part(statement, [&](const auto &part) { walk(part); });
  }

  void walk(const ast::Expr &expr) {
    if (std::holds_alternative<ast::Variable>(expr.node))
      use(unit_.info(expr).variable);
    ast::for_each_part(expr, [&](const auto &part) { walk(part); });
  }

  void note_counters(const ast::Statement &statement) {
    ast::for_each_part(statement, [&](const auto &part) { note_counters(part); });
  }

  // In branches that are not compiled, variables are unknown.
  void note_counters(const ast::Expr &expr) {
    uint32_t variable = unit_.info(expr).variable;
    if (std::holds_alternative<ast::Variable>(expr.node) && variable != sema::kNoIndex)
      counts_rounds_[variable] = true;
    ast::for_each_part(expr, [&](const auto &part) { note_counters(part); });
  }

  // The target of an assignment is met before its statement declares it.
  void use(uint32_t variable) {
    if (variable == sema::kNoIndex)
      return;
    if (!declared_in_[variable])
      declared_in_[variable] = function_;
    else if (*declared_in_[variable] != function_)
      shared_[variable] = true;
  }

  void declare(const void *node) {
    auto found = unit_.declared.find(node);
    if (found != unit_.declared.end() && !declared_in_[found->second])
      declared_in_[found->second] = function_;
  }

  const sema::Unit &unit_;
  kernel::KernelVersion version_;
  bool rolls_loops_;
  uint32_t function_ = 0, functions_ = 0;
  uint32_t loops_ = 0, part_depth_ = 0;  // around what is walked
  std::vector<std::optional<uint32_t>> declared_in_;
  std::vector<bool> shared_, counts_rounds_;
};

}  // namespace

bool is_called_back(const ast::While &node, const sema::Unit &unit, kernel::KernelVersion version) {
  if (version < kernel::kCountedLoops)
    return false;
  return !sema::is_bounded_by_constants(*node.condition, unit) ||
         NodeCount(unit, version).of(node.body) * kRoundsOfWhile > kFollowedNodes;
}

bool is_called_back(const ast::ForRange &node, const sema::Unit &unit, kernel::KernelVersion version) {
  if (version < kernel::kCountedLoops)
    return false;
  const auto &from = unit.info(*node.begin).constant, &to = unit.info(*node.end).constant;
  if (!from || !to)
    return true;
  auto rounds = std::max<int64_t>(static_cast<int64_t>(*to - *from), 0);
  return rounds > kFollowedRounds ||
         static_cast<uint64_t>(rounds) * NodeCount(unit, version).of(node.body) > kFollowedNodes;
}

std::vector<bool> find_shared_variables(const sema::Unit &unit, kernel::KernelVersion version, bool rolls_loops,
                                        bool all) {
  return SharingWalk(unit, version, rolls_loops).run(all);
}

}  // namespace sonde::codegen
