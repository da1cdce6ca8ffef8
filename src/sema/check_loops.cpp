// Goes through the statements of every unit; what each kernel has is in kernel/requirements.h.
#include "sema/check_loops.h"

#include "ast/children.h"
#include "kernel/requirements.h"
#include "sema/loop_bounds.h"
#include "sema/reporter.h"
#include "sema/settled_branch.h"

namespace sonde::sema {
namespace {

// A branch of the body that depends on what the program finds leaves one state to follow up in each
// round, and the verifier keeps at most 8192 (BPF_COMPLEXITY_LIMIT_JMP_SEQ).
constexpr int64_t kMostRounds = 8000;

class LoopCheck {
public:
  LoopCheck(kernel::Kernel &kernel, const Unit &unit, Reporter &reporter)
      : kernel_(kernel), version_(kernel.version()), unit_(unit), reporter_(reporter) {}

  void check(const ast::Expr &expr) {
    const auto *ternary = std::get_if<ast::Ternary>(&expr.node);
    if (const ast::Expr *side = ternary ? settled_side(*ternary, unit_) : nullptr)
      return check(*side);
    const auto *block = std::get_if<ast::BlockExpr>(&expr.node);
    if (block && block->expansion)
      reporter_.enter(*block->expansion);
    check_parts(expr);
    if (block && block->expansion)
      reporter_.leave();
  }

  void check(const ast::Statement &statement) {
    if (const auto *node = std::get_if<ast::While>(&statement.node))
      check_while(*node);
    else if (const auto *range = std::get_if<ast::ForRange>(&statement.node))
      check_range(*range);
    else if (const auto *over_map = std::get_if<ast::ForMap>(&statement.node))
      check_map(*over_map);
    const auto *branch = std::get_if<ast::If>(&statement.node);
    auto taken = branch ? settled_branch(*branch, unit_) : std::nullopt;
    if (!taken)
      check_parts(statement);
    else if (*taken)
      check((*taken)->statements);
  }

  // What the kernel at hand does not get to has no types.
  void check(const std::vector<ast::Statement> &statements) {
    for (const ast::Statement &statement : statements) {
      check(statement);
      if (kernel_leaves(statement, unit_))
        return;
    }
  }

private:
  template <typename Node> void check_parts(const Node &node) {
    ast::for_each_part(node, [&](const auto &part) { check(part); });
  }

  void check_while(const ast::While &node) {
    if (version_ < kernel::kCountedLoops && !is_bounded_by_constants(*node.condition, unit_))
      report(node.condition->where, "a while without a constant bound", kernel::kCountedLoops,
             "give it one: $i = 0; while ($i < 100 && …) { $i++; … }");
  }

  void check_range(const ast::ForRange &node) {
    if (version_ < kernel::kCountedLoops)
      require_short(node);
  }

  void require_short(const ast::ForRange &node) {
    const auto &from = unit_.info(*node.begin).constant, &to = unit_.info(*node.end).constant;
    Location where = Location::cover(node.begin->where, node.end->where);
    if (!from || !to)
      report(where, "a range whose ends are not constants", kernel::kCountedLoops,
             "for ($i : 0..100) { if ($i >= $end) { break } … }");
    else if (static_cast<int64_t>(*to - *from) > kMostRounds)
      report(where, fmt::format("a range of more than {} numbers", kMostRounds), kernel::kCountedLoops,
             "a probe that fires again, such as interval, can go on where it stopped");
  }

  void check_map(const ast::ForMap &node) {
    if (version_ < kernel::kForEachEntry)
      report(node.map->where, "for over a map", kernel::kForEachEntry,
             "print shows all entries of a map; a loop over numbers can look up one after the other");
  }

  void report(Location where, std::string what, kernel::KernelVersion since, std::string hint) {
    reporter_.error(where, kernel::needs_newer_kernel(what, since, kernel_)).with_hint(std::move(hint));
  }

  kernel::Kernel &kernel_;
  kernel::KernelVersion version_;
  const Unit &unit_;
  Reporter &reporter_;
};

}  // namespace

void check_loops(const Analysis &analysis, kernel::Kernel &kernel, Diagnostics &diagnostics) {
  Reporter reporter(diagnostics);
  for (const Unit &unit : analysis.units) {
    LoopCheck check(kernel, unit, reporter);
    if (unit.probe->predicate)
      check.check(*unit.probe->predicate);
    check.check(unit.probe->body.statements);
  }
}

}  // namespace sonde::sema
