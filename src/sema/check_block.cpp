// Expressions that hold statements, and what must be known while compiling.
#include "sema/kernel_questions.h"
#include "sema/type_checker.h"

namespace sonde::sema {

void TypeChecker::check_block_value(const ast::BlockExpr &block, const ast::Expr &expr, ExprInfo &info, Use use) {
  if (block.expansion)
    reporter_.enter(*block.expansion);
  open_scope();
  GuardedBranch behind(guards_, {});
  bool has_end = check_statements(block.statements, behind);
  if (block.result && !has_end) {
    if (use != Use::Effect)
      error(expr.where, "this kernel leaves the block before it has a value")
          .with_hint("if has_field(…) { … } else { … } has a value in every kernel");
  } else if (block.result && use == Use::Effect) {
    effect(*block.result);
  } else if (block.result) {
    const ExprInfo &result = check(*block.result, use);
    info.type = result.type;
    // What the statements do must happen, whatever is known of the value.
    if (block.statements.empty()) {
      info.constant = result.constant;
      info.text = result.text;
    }
  }
  close_scope();
  if (block.expansion)
    reporter_.leave();
  if (!block.result && use != Use::Effect)
    report_no_value(block, expr.where);
}

void TypeChecker::report_no_value(const ast::BlockExpr &block, Location where) {
  std::string name = block.expansion ? fmt::format("the macro '{}'", block.expansion->macro) : "this block";
  Diagnostic &report = error(where, name + " gives no value");
  if (block.expansion)
    report.note(block.expansion->definition, "it is defined here");
  report.with_hint("a block's value is its last expression, without a ';'");
}

void TypeChecker::check_node(const ast::BlockExpr &block, const ast::Expr &expr, ExprInfo &info) {
  check_block_value(block, expr, info, Use::Value);
}

void TypeChecker::check_node(const ast::Comptime &node, const ast::Expr &expr, ExprInfo &info) {
  const ExprInfo &operand = value(*node.operand);
  info.type = operand.type;
  info.constant = operand.constant;
  info.text = operand.text;
  if (info.type.is_none() || info.constant || info.text)
    return;
  bool asks_kernel = !guards_of(*node.operand, true, *unit_, analysis_.questions).empty();
  error(expr.where, "this is not known while compiling")
      .with_hint(asks_kernel ? "without 'comptime' it is asked where the program is loaded"
                             : "literals, sizes, options and parameters are, and what is computed from them");
}

void TypeChecker::check_node(const ast::TypeArgument &node, const ast::Expr &expr, ExprInfo &) {
  error(expr.where, fmt::format("a type ({}) is not a value", node.type.name))
      .with_hint("sizeof, offsetof, casts and macros take types");
}

}  // namespace sonde::sema
