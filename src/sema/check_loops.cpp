// Goes through the statements of every unit; what each kernel has is in kernel/requirements.h.
#include "sema/check_loops.h"

#include "base/match.h"
#include "kernel/requirements.h"
#include "sema/loop_bounds.h"
#include "sema/reporter.h"

namespace sonde::sema {
namespace {

// A branch of the body that depends on what the program finds leaves one state to follow up in each
// round, and the verifier keeps at most 8192 (BPF_COMPLEXITY_LIMIT_JMP_SEQ).
constexpr int64_t kMostRounds = 8000;

class LoopCheck {
public:
  LoopCheck(kernel::Kernel &kernel, const Unit &unit, Reporter &reporter)
      : version_(kernel.version()), unit_(unit), reporter_(reporter) {}

  void check(const ast::Block &block) {
    for (const ast::Statement &statement : block.statements)
      match(
          statement.node, [&](const ast::While &node) { check_while(node); },
          [&](const ast::ForRange &node) { check_range(node); }, [&](const ast::ForMap &node) { check_map(node); },
          [&](const ast::Unroll &node) { check(node.body); },
          [&](const ast::If &node) {
            check(node.then);
            if (node.otherwise)
              check(*node.otherwise);
          },
          [&](const ast::Block &node) { check(node); }, [](const ast::ExprStatement &) {}, [](const ast::Assign &) {},
          [](const ast::Let &) {}, [](const ast::Return &) {}, [](const ast::Break &) {}, [](const ast::Continue &) {});
  }

private:
  void check_while(const ast::While &node) {
    if (version_ < kernel::kCountedLoops && !is_bounded_by_constants(*node.condition, unit_))
      report(node.condition->where, "a while without a constant bound", kernel::kCountedLoops,
             "give it one: $i = 0; while ($i < 100 && …) { $i++; … }");
    check(node.body);
  }

  void check_range(const ast::ForRange &node) {
    if (version_ < kernel::kCountedLoops)
      require_short(node);
    check(node.body);
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
    check(node.body);
  }

  void report(Location where, std::string what, kernel::KernelVersion since, std::string hint) {
    reporter_
        .error(where, fmt::format("{} needs Linux {}; this is {}", what, kernel::to_string(since),
                                  kernel::to_string(version_)))
        .with_hint(std::move(hint));
  }

  kernel::KernelVersion version_;
  const Unit &unit_;
  Reporter &reporter_;
};

}  // namespace

void check_loops(const Analysis &analysis, kernel::Kernel &kernel, Diagnostics &diagnostics) {
  Reporter reporter(diagnostics);
  for (const Unit &unit : analysis.units)
    LoopCheck(kernel, unit, reporter).check(unit.probe->body);
}

}  // namespace sonde::sema
