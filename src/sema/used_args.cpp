// Walks a probe for uses of `args` and of `kstack`.
#include "sema/used_args.h"

#include <set>
#include <string>

#include "ast/children.h"

namespace sonde::sema {
namespace {

constexpr std::string_view kArgs = "args";
constexpr std::string_view kKernelStack = "kstack";

bool names_kernel_stack(const ast::Expr &expr) {
  const auto *identifier = std::get_if<ast::Identifier>(&expr.node);
  const auto *call = std::get_if<ast::Call>(&expr.node);
  return (identifier && identifier->name == kKernelStack) || (call && call->name == kKernelStack);
}

class Walker {
public:
  std::set<std::string> fields;
  bool as_a_whole = false, kernel_stack = false;

  void walk(const ast::Statement &statement) { walk_parts(statement); }

  void walk(const ast::Expr &expr) {
    kernel_stack = kernel_stack || names_kernel_stack(expr);
    const auto *access = std::get_if<ast::FieldAccess>(&expr.node);
    if (names_args(expr))
      as_a_whole = true;
    else if (access && names_args(*access->object))
      fields.insert(access->field);
    else
      walk_parts(expr);
  }

private:
  template <typename Node> void walk_parts(const Node &node) {
    ast::for_each_part(node, [&](const auto &part) { walk(part); });
  }
};

}  // namespace

bool names_args(const ast::Expr &expr) {
  if (const auto *identifier = std::get_if<ast::Identifier>(&expr.node))
    return identifier->name == kArgs;
  const auto *call = std::get_if<ast::Call>(&expr.node);
  return call && call->name == kArgs && call->arguments.empty();
}

image::TargetFit used_args(const ast::Probe &probe) {
  Walker walker;
  if (probe.predicate)
    walker.walk(*probe.predicate);
  for (const ast::Statement &statement : probe.body.statements)
    walker.walk(statement);
  image::TargetFit fit;
  fit.args_read.assign(walker.fields.begin(), walker.fields.end());
  fit.reads_whole_args = walker.as_a_whole;
  fit.reads_kernel_stack = walker.kernel_stack;
  return fit;
}

}  // namespace sonde::sema
