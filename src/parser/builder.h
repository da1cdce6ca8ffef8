// Makes the nodes that the grammar's rules describe: numbers expressions, joins locations, and
// refuses what the grammar cannot, with the depth of the tree first among it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "lexer/token.h"
#include "parser/parse.h"

namespace sonde::parser {

// A value of the grammar with the height of its tree. Everything that walks the tree later is
// recursive, its destructor too, so no tree higher than kMaxDepth is ever made.
template <typename T> struct Tree {
  T node{};
  uint32_t depth = 1;
};
using ExprTree = Tree<ast::ExprPtr>;
using TypeTree = Tree<ast::TypeName>;  // deep only where it is a typeof(…)
using ExprList = Tree<std::vector<ast::ExprPtr>>;
using StatementTree = Tree<ast::Statement>;
using BlockTree = Tree<ast::Block>;
struct ElseIf {
  Location where;
  ExprTree condition;
  BlockTree then;
};
struct Range {
  ExprTree begin, end;
};
struct RecordFields {
  ExprList values;
  std::vector<std::string> names;
};

class Builder {
public:
  static constexpr uint32_t kMaxDepth = 300;

  Builder(const ParseOptions &options, Diagnostics &diagnostics) : options_(options), diagnostics_(diagnostics) {}

  ast::Program take();

  // ---- Expressions ----

  template <typename Node> ExprTree leaf(Location where, Node node) { return make(where, std::move(node), 0); }
  ExprTree integer(Location where, Token token);
  ExprTree map(Location where, std::string name, std::optional<ExprList> keys);
  ExprTree call(Location where, Token name, ExprList arguments);
  ExprTree unary(Location where, ast::UnaryOp op, ExprTree operand);
  ExprTree binary(Location where, ast::BinaryOp op, ExprTree left, ExprTree right);
  ExprTree step(Location where, bool increment, bool prefix, ExprTree target);
  ExprTree ternary(Location where, ExprTree condition, ExprTree then, ExprTree otherwise);
  ExprTree cast(Location where, TypeTree type, ExprTree operand);
  ExprTree field(Location where, ExprTree object, Token field, bool arrow);
  ExprTree index(Location where, ExprTree object, ExprTree index);
  ExprTree tuple(Location where, ExprList elements);
  ExprTree record(Location where, RecordFields fields);
  void add_field(RecordFields &fields, Token name, ExprTree value);
  ExprTree size_of(Location where, ExprTree operand);
  ExprTree size_of(Location where, TypeTree type);
  ExprTree offset_of(Location where, TypeTree type, std::vector<std::string> path);
  ExprTree container_of(Location where, ExprTree pointer, TypeTree type, std::vector<std::string> path);
  ExprTree type_info(Location where, TypeTree type);
  ExprTree type_argument(Location where, TypeTree type);
  ExprTree comptime(Location where, ExprTree operand);
  // { statements; value }; without a value at the end it is null, which only a macro's body may be.
  ExprTree block_value(Location where, BlockTree block);
  // if a { 1 } else if b { 2 } else { 3 } → a ? { 1 } : b ? { 2 } : { 3 }
  ExprTree if_value(Location where, std::vector<ElseIf> branches, BlockTree otherwise);
  static ExprList append(ExprList list, ExprTree element);
  static ExprList prepend(ExprTree element, ExprList list);

  // Whether the script was nested too deeply, which is reported; the program is then not all of it.
  bool gave_up() const { return gave_up_; }

  // ---- Types ----

  // Later phases walk types recursively, so they are not deep either.
  static constexpr uint32_t kMaxPointers = 8, kMaxDimensions = 8;
  static TypeTree named_type(std::string_view tag, Token name) {
    return {{name.where, std::move(name.text), std::string(tag)}};
  }
  static TypeTree type_of(Location where, ExprTree expr);
  TypeTree pointer_to(Location where, TypeTree type, uint32_t stars);
  // C's names of integers in any order of words: "long unsigned int" → "unsigned long".
  TypeTree builtin_type(Location where, const std::vector<std::string> &words);
  TypeTree array_of(Location where, TypeTree element, uint64_t size);

  // ---- Statements ----

  StatementTree expression(Location where, ExprTree expr);
  StatementTree assign(Location where, ExprTree target, std::optional<ast::BinaryOp> op, ExprTree value);
  StatementTree let(Location where, Token variable, std::optional<TypeTree> type, ExprTree value);
  StatementTree if_chain(Location where, std::vector<ElseIf> branches, std::optional<BlockTree> otherwise);
  StatementTree while_loop(Location where, ExprTree condition, BlockTree body);
  StatementTree unroll(Location where, ExprTree count, BlockTree body);
  StatementTree for_range(Location where, std::string variable, Range range, BlockTree body);
  StatementTree for_map(Location where, std::string variable, ExprTree map, BlockTree body);
  StatementTree return_value(Location where, ExprTree value);
  StatementTree nested_block(BlockTree block);
  template <typename Node> StatementTree statement(Location where, Node node, uint32_t depth) {
    if (too_deep(where, depth))
      return {{where, ast::Block{where, {}}}, 1};
    return {{where, std::move(node)}, depth + 1};
  }
  static BlockTree append(BlockTree block, StatementTree statement);
  // The last statement, without a ';'.
  static BlockTree end_with(BlockTree block, StatementTree statement);

  // ---- Top level ----

  ast::AttachPoint attach_point(const Token &token);
  ast::AttachPoint alternative(const Token &token);  // behind ??
  void probe(Location where, std::vector<ast::AttachPoint> attach_points, ExprTree predicate, BlockTree body);
  void refuse_name(Location name);
  static ast::MacroParameter macro_parameter(ast::MacroParameter::Kind kind, const Token &name) {
    return {kind, name.text, name.where};
  }
  void macro(Location where, Token name, std::vector<ast::MacroParameter> parameters, BlockTree body);
  void config_entry(Location where, const Token &key, const Token &value);
  void map_declaration(Location where, const Token &map, const Token &kind, const Token &size);
  // $1 where the grammar wants a literal: the token with the parameter's text, and the number that it spells.
  Token parameter_as_text(Token parameter);
  Token parameter_as_integer(Token parameter);

private:
  template <typename Node> ExprTree make(Location where, Node node, uint32_t depth) {
    auto expr = std::make_unique<ast::Expr>();
    expr->id = program_.expr_count++;
    expr->where = where;
    if (too_deep(where, depth)) {
      expr->node = ast::Integer{};
      return {std::move(expr), 1};
    }
    expr->node = std::move(node);
    return {std::move(expr), depth + 1};
  }
  const std::string *parameter_text(const Token &parameter);
  StatementTree if_else(Location where, ElseIf branch, std::optional<BlockTree> otherwise);
  bool too_deep(Location where, uint32_t depth);
  bool is_place(const ExprTree &target) const;

  const ParseOptions &options_;
  Diagnostics &diagnostics_;
  ast::Program program_;
  ast::ExprId probe_start_ = 0;
  bool gave_up_ = false;
};

}  // namespace sonde::parser
