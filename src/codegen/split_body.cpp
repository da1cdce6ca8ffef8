// Where to cut. The size of code is taken from the nodes of the tree: a node becomes some ten instructions, and a few
// of them a hundred.
#include "codegen/split_body.h"

#include <algorithm>
#include <optional>

#include "ast/children.h"
#include "codegen/loop_form.h"

namespace sonde::codegen {
namespace {

constexpr uint64_t kLongBody = 1000;  // in nodes: up to this, a body is one function
constexpr uint64_t kLongPart = 250;

class Splitter {
public:
  Splitter(Statements statements, const sema::Unit &unit, kernel::KernelVersion version, bool rolls_loops)
      : statements_(statements), unit_(unit), version_(version), rolls_loops_(rolls_loops),
        uses_(unit.variables.size()) {}

  std::vector<Statements> run() {
    for (const ast::Statement &statement : statements_)
      sizes_.push_back(size(statement));
    uint64_t all = 0;
    for (uint64_t size : sizes_)
      all += size;
    if (all <= kLongBody)
      return {statements_};
    find_uses();
    return cut();
  }

private:
  // What a variable is used by, as indices of statements; and whether it counts the rounds of a loop that the verifier
  // follows. Such a variable stays in one function, as the verifier does not know what lies in memory that functions
  // share.
  struct Uses {
    std::optional<size_t> first;
    size_t last = 0;
    bool counts_rounds = false;
  };

  template <typename Node> uint64_t size_of_parts(const Node &node) const {
    uint64_t all = 1;
    ast::for_each_part(node, [&](const auto &part) { all += size(part); });
    return all;
  }
  uint64_t size(const ast::Expr &expr) const { return size_of_parts(expr); }
  uint64_t size(const ast::Statement &statement) const {
    const auto *unroll = rolls_loops_ ? nullptr : std::get_if<ast::Unroll>(&statement.node);
    return size_of_parts(statement) * (unroll ? unit_.info(*unroll->count).constant.value_or(1) : 1);
  }

  void find_uses() {
    for (index_ = 0; index_ < statements_.size(); ++index_)
      visit(statements_[index_]);
  }
  void visit(const ast::Statement &statement) {
    if (const auto *loop = std::get_if<ast::While>(&statement.node); loop && !is_called_back(*loop, unit_, version_))
      note_counters(*loop->condition);
    ast::for_each_part(statement, [&](const auto &part) { visit(part); });
  }
  void visit(const ast::Expr &expr) {
    if (Uses *uses = uses_of(expr)) {
      uses->first = std::min(uses->first.value_or(index_), index_);
      uses->last = index_;
    }
    ast::for_each_part(expr, [&](const auto &part) { visit(part); });
  }
  void note_counters(const ast::Statement &) {}
  void note_counters(const ast::Expr &expr) {
    if (Uses *uses = uses_of(expr))
      uses->counts_rounds = true;
    ast::for_each_part(expr, [&](const auto &part) { note_counters(part); });
  }
  // In branches that are not compiled, variables are unknown.
  Uses *uses_of(const ast::Expr &expr) {
    uint32_t variable = std::holds_alternative<ast::Variable>(expr.node) ? unit_.info(expr).variable : sema::kNoIndex;
    return variable == sema::kNoIndex ? nullptr : &uses_[variable];
  }

  std::vector<Statements> cut() const {
    std::vector<bool> joined(statements_.size());  // with the statement before
    for (const Uses &uses : uses_)
      if (uses.first && uses.counts_rounds)
        std::fill(joined.begin() + static_cast<ptrdiff_t>(*uses.first) + 1,
                  joined.begin() + static_cast<ptrdiff_t>(uses.last) + 1, true);
    std::vector<Statements> parts;
    size_t first = 0;
    uint64_t length = 0;
    for (size_t i = 0; i < statements_.size(); ++i) {
      if (i > first && !joined[i] && length + sizes_[i] > kLongPart) {
        parts.push_back(statements_.subspan(first, i - first));
        first = i;
        length = 0;
      }
      length += sizes_[i];
    }
    parts.push_back(statements_.subspan(first));
    return parts;
  }

  Statements statements_;
  const sema::Unit &unit_;
  kernel::KernelVersion version_;
  bool rolls_loops_;
  size_t index_ = 0;
  std::vector<uint64_t> sizes_;
  std::vector<Uses> uses_;
};

// Its result is a variable of the program's own function.
bool has_result(const sema::Unit &unit) { return unit.provider->kind() == image::ProviderKind::Test; }

}  // namespace

std::vector<Statements> split_body(Statements statements, const sema::Unit &unit, kernel::KernelVersion version,
                                   bool rolls_loops, uint32_t depth) {
  if (depth >= kDeepestPart || statements.size() < 2 || has_result(unit))
    return {statements};
  return Splitter(statements, unit, version, rolls_loops).run();
}

}  // namespace sonde::codegen
