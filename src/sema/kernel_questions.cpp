#include "sema/kernel_questions.h"

namespace sonde::sema {

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
