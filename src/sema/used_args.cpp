// Walks a probe for uses of `args`.
#include "sema/used_args.h"

#include "base/match.h"

namespace sonde::sema {
namespace {

constexpr std::string_view kArgs = "args";

class Walker {
public:
  UsedArgs used;

  void walk(const ast::Block &block) {
    for (const ast::Statement &statement : block.statements)
      walk(statement);
  }

  void walk(const ast::ExprPtr &expr) {
    if (expr)
      walk(*expr);
  }

private:
  void walk(const std::vector<ast::ExprPtr> &exprs) {
    for (const ast::ExprPtr &expr : exprs)
      walk(expr);
  }

  void walk(const ast::Expr &expr) {
    if (names_args(expr)) {
      used.as_a_whole = true;
      return;
    }
    match(
        expr.node, [](const ast::Integer &) {}, [](const ast::Boolean &) {}, [](const ast::String &) {},
        [](const ast::Identifier &) {}, [](const ast::PositionalParameter &) {}, [](const ast::ParameterCount &) {},
        [](const ast::Variable &) {}, [](const ast::SizeofType &) {}, [](const ast::Offsetof &) {},
        [&](const ast::Map &node) { walk(node.key); }, [&](const ast::Call &node) { walk(node.arguments); },
        [&](const ast::Unary &node) { walk(node.operand); },
        [&](const ast::Binary &node) { walk(node.left), walk(node.right); },
        [&](const ast::IncrementDecrement &node) { walk(node.target); },
        [&](const ast::Ternary &node) { walk(node.condition), walk(node.then), walk(node.otherwise); },
        [&](const ast::Cast &node) { walk(node.operand); }, [&](const ast::FieldAccess &node) { walk_field(node); },
        [&](const ast::Index &node) { walk(node.object), walk(node.index); },
        [&](const ast::Tuple &node) { walk(node.elements); }, [&](const ast::SizeofExpr &node) { walk(node.operand); });
  }

  void walk_field(const ast::FieldAccess &access) {
    if (names_args(*access.object))
      used.fields.insert(access.field);
    else
      walk(access.object);
  }

  void walk(const ast::Statement &statement) {
    match(
        statement.node, [](const ast::Break &) {}, [](const ast::Continue &) {},
        [&](const ast::ExprStatement &node) { walk(node.expr); },
        [&](const ast::Assign &node) { walk(node.target), walk(node.value); },
        [&](const ast::Let &node) { walk(node.value); }, [&](const ast::If &node) { walk_if(node); },
        [&](const ast::While &node) { walk(node.condition), walk(node.body); },
        [&](const ast::Unroll &node) { walk(node.count), walk(node.body); },
        [&](const ast::ForRange &node) { walk(node.begin), walk(node.end), walk(node.body); },
        [&](const ast::ForMap &node) { walk(node.map), walk(node.body); },
        [&](const ast::Return &node) { walk(node.value); }, [&](const ast::Block &node) { walk(node); });
  }

  void walk_if(const ast::If &node) {
    walk(node.condition);
    walk(node.then);
    if (node.otherwise)
      walk(*node.otherwise);
  }
};

}  // namespace

bool names_args(const ast::Expr &expr) {
  if (const auto *identifier = std::get_if<ast::Identifier>(&expr.node))
    return identifier->name == kArgs;
  const auto *call = std::get_if<ast::Call>(&expr.node);
  return call && call->name == kArgs && call->arguments.empty();
}

UsedArgs used_args(const ast::Probe &probe) {
  Walker walker;
  walker.walk(probe.predicate);
  walker.walk(probe.body);
  return std::move(walker.used);
}

}  // namespace sonde::sema
