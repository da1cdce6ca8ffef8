#include "sema/kernel_questions.h"

#include <algorithm>

#include "builtins/builtin.h"

namespace sonde::sema {
namespace {

bool leaves(const ast::Statement &statement, const Unit &unit);

// Breaks and returns of loops inside are theirs: only what stands in the block itself counts, and its branches.
bool leaves(const ast::Block &block, const Unit &unit) {
  return std::any_of(block.statements.begin(), block.statements.end(),
                     [&](const ast::Statement &statement) { return leaves(statement, unit); });
}

bool leaves(const ast::Statement &statement, const Unit &unit) {
  if (const auto *inner = std::get_if<ast::Block>(&statement.node))
    return leaves(*inner, unit);
  if (const auto *branch = std::get_if<ast::If>(&statement.node))
    return branch->otherwise && leaves(branch->then, unit) && leaves(*branch->otherwise, unit);
  if (const auto *effect = std::get_if<ast::ExprStatement>(&statement.node)) {
    const builtins::Builtin *called = unit.info(*effect->expr).builtin;
    return called && called->role == builtins::Role::LeavesProgram;
  }
  return std::holds_alternative<ast::Return>(statement.node) || std::holds_alternative<ast::Break>(statement.node) ||
         std::holds_alternative<ast::Continue>(statement.node);
}

}  // namespace

bool kernel_leaves(const ast::Statement &statement, const Unit &unit) {
  const auto *branch = std::get_if<ast::If>(&statement.node);
  std::optional<bool> decided = branch ? kernel_decides(*branch->condition, unit) : std::nullopt;
  if (!decided)
    return false;
  return *decided ? leaves(branch->then, unit) : branch->otherwise && leaves(*branch->otherwise, unit);
}

std::vector<image::KernelGuard> guards_behind(const ast::Statement &statement, const Unit &unit,
                                              const std::vector<image::KernelQuestion> &questions) {
  const auto *branch = std::get_if<ast::If>(&statement.node);
  if (branch && leaves(branch->then, unit))
    return guards_of(*branch->condition, false, unit, questions);
  if (branch && branch->otherwise && leaves(*branch->otherwise, unit))
    return guards_of(*branch->condition, true, unit, questions);
  return {};
}

std::optional<bool> kernel_decides(const ast::Expr &condition, const Unit &unit) {
  if (const auto *comptime = std::get_if<ast::Comptime>(&condition.node))
    return kernel_decides(*comptime->operand, unit);
  if (const auto *unary = std::get_if<ast::Unary>(&condition.node)) {
    std::optional<bool> operand =
        unary->op == ast::UnaryOp::LogicalNot ? kernel_decides(*unary->operand, unit) : std::nullopt;
    return operand ? std::optional(!*operand) : std::nullopt;
  }
  if (const auto *binary = std::get_if<ast::Binary>(&condition.node)) {
    bool is_and = binary->op == ast::BinaryOp::LogicalAnd;
    if (!is_and && binary->op != ast::BinaryOp::LogicalOr)
      return std::nullopt;
    std::optional<bool> left = kernel_decides(*binary->left, unit);
    return left && *left == is_and ? kernel_decides(*binary->right, unit) : left;
  }
  const ExprInfo &info = unit.info(condition);
  return info.question != kNoIndex && info.constant ? std::optional(*info.constant != 0) : std::nullopt;
}

std::vector<image::KernelGuard> guards_of(const ast::Expr &condition, bool holds, const Unit &unit,
                                          const std::vector<image::KernelQuestion> &questions) {
  if (const auto *unary = std::get_if<ast::Unary>(&condition.node); unary && unary->op == ast::UnaryOp::LogicalNot)
    return guards_of(*unary->operand, !holds, unit, questions);
  if (const auto *binary = std::get_if<ast::Binary>(&condition.node)) {
    // Both sides of a && that holds do, and neither of a || that does not.
    if (binary->op != (holds ? ast::BinaryOp::LogicalAnd : ast::BinaryOp::LogicalOr))
      return {};
    std::vector<image::KernelGuard> both = guards_of(*binary->left, holds, unit, questions);
    for (image::KernelGuard &guard : guards_of(*binary->right, holds, unit, questions))
      both.push_back(std::move(guard));
    return both;
  }
  uint32_t question = unit.info(condition).question;
  return question == kNoIndex ? std::vector<image::KernelGuard>()
                              : std::vector<image::KernelGuard>{{questions[question], !holds}};
}

}  // namespace sonde::sema
