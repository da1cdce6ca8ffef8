// Nodes from the grammar's values.
#include "parser/builder.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/literals.h"

namespace sonde::parser {

using namespace ast;

namespace {

template <typename... Trees> uint32_t highest(const Trees &...trees) { return std::max({0u, trees.depth...}); }

template <typename Node> bool holds(const ExprPtr &expr) { return expr && std::holds_alternative<Node>(expr->node); }

}  // namespace

Program Builder::take() { return std::move(program_); }

bool Builder::too_deep(Location where, uint32_t depth) {
  if (depth < kMaxDepth)
    return false;
  if (!std::exchange(gave_up_, true))
    diagnostics_.error({where.begin, where.begin + 1}, "this is nested more than {} levels deep", kMaxDepth)
        .with_hint("split it: keep a part of it in a variable");
  return true;
}

// What has a name to write to.
bool Builder::is_place(const ExprTree &target) const {
  return holds<Variable>(target.node) || holds<ast::Map>(target.node);
}

// ---- Expressions ----

ExprTree Builder::integer(Location where, Token token) {
  return leaf(where, Integer{token.value, std::move(token.text)});
}

ExprTree Builder::map(Location where, std::string name, std::optional<ExprList> keys) {
  if (!keys)
    return leaf(where, ast::Map{std::move(name), nullptr});
  ExprTree key;
  if (keys->node.size() == 1) {
    key = {std::move(keys->node[0]), keys->depth};
  } else {
    Location all = Location::cover(keys->node.front()->where, keys->node.back()->where);
    key = tuple(all, std::move(*keys));
  }
  uint32_t depth = key.depth;
  return make(where, ast::Map{std::move(name), std::move(key.node)}, depth);
}

ExprTree Builder::call(Location where, Token name, ExprList arguments) {
  uint32_t depth = arguments.depth;
  return make(where, Call{std::move(name.text), std::move(arguments.node), name.where}, depth);
}

ExprTree Builder::unary(Location where, UnaryOp op, ExprTree operand) {
  return make(where, Unary{op, std::move(operand.node)}, operand.depth);
}

ExprTree Builder::binary(Location where, BinaryOp op, ExprTree left, ExprTree right) {
  return make(where, Binary{op, std::move(left.node), std::move(right.node)}, highest(left, right));
}

ExprTree Builder::step(Location where, bool increment, bool prefix, ExprTree target) {
  if (!is_place(target))
    diagnostics_.error(target.node->where, "'{}' needs a variable ($x) or a map (@x)", increment ? "++" : "--");
  return make(where, IncrementDecrement{increment, prefix, std::move(target.node)}, target.depth);
}

ExprTree Builder::ternary(Location where, ExprTree condition, ExprTree then, ExprTree otherwise) {
  uint32_t depth = highest(condition, then, otherwise);
  return make(where, Ternary{std::move(condition.node), std::move(then.node), std::move(otherwise.node)}, depth);
}

ExprTree Builder::cast(Location where, TypeTree type, ExprTree operand) {
  return make(where, Cast{std::move(type.node), std::move(operand.node)}, highest(type, operand));
}

ExprTree Builder::field(Location where, ExprTree object, Token field, bool arrow) {
  if (holds<Integer>(object.node) && !gave_up_)
    diagnostics_.error(where, "numbers have no decimal places here")
        .with_hint("write it as an integer of a smaller unit, such as 1500ms for 1.5 seconds");
  return make(where, FieldAccess{std::move(object.node), std::move(field.text), arrow, field.where}, object.depth);
}

ExprTree Builder::index(Location where, ExprTree object, ExprTree index) {
  return make(where, ast::Index{std::move(object.node), std::move(index.node)}, highest(object, index));
}

ExprTree Builder::tuple(Location where, ExprList elements) {
  return make(where, Tuple{std::move(elements.node), {}}, elements.depth);
}

ExprTree Builder::record(Location where, RecordFields fields) {
  return make(where, Tuple{std::move(fields.values.node), std::move(fields.names)}, fields.values.depth);
}

void Builder::add_field(RecordFields &fields, Token name, ExprTree value) {
  if (std::find(fields.names.begin(), fields.names.end(), name.text) != fields.names.end())
    diagnostics_.error(name.where, "this record has two fields '{}'", name.text);
  fields.names.push_back(std::move(name.text));
  fields.values = append(std::move(fields.values), std::move(value));
}

ExprTree Builder::comptime(Location where, ExprTree operand) {
  return make(where, Comptime{std::move(operand.node)}, operand.depth);
}

namespace {

// Whether a block's last statement is its value. A block that ends in one is, and so is an `if` with a value on
// every way, which becomes a Ternary.
bool ends_in_value(const Block &block) {
  if (block.ends_in_value || block.statements.empty())
    return block.ends_in_value;
  const Statement &last = block.statements.back();
  if (const auto *inner = std::get_if<Block>(&last.node))
    return ends_in_value(*inner);
  const auto *branch = std::get_if<If>(&last.node);
  return branch && branch->otherwise && ends_in_value(branch->then) && ends_in_value(*branch->otherwise);
}

}  // namespace

ExprTree Builder::block_value(Location where, BlockTree block) {
  ExprPtr result;
  uint32_t depth = block.depth;
  if (ends_in_value(block.node)) {
    Statement last = std::move(block.node.statements.back());
    block.node.statements.pop_back();
    if (auto *inner = std::get_if<Block>(&last.node)) {
      ExprTree value = block_value(last.where, {std::move(*inner), depth});
      depth = value.depth;
      result = std::move(value.node);
    } else if (auto *branch = std::get_if<If>(&last.node)) {
      ExprTree then = block_value(branch->then.where, {std::move(branch->then), depth});
      ExprTree otherwise = block_value(branch->otherwise->where, {std::move(*branch->otherwise), depth});
      ExprTree chosen =
          ternary(last.where, {std::move(branch->condition), depth}, std::move(then), std::move(otherwise));
      depth = chosen.depth;
      result = std::move(chosen.node);
    } else {
      result = std::move(std::get<ExprStatement>(last.node).expr);
    }
  }
  return make(where, BlockExpr{std::move(block.node.statements), std::move(result), std::nullopt}, depth);
}

ExprTree Builder::if_value(Location where, std::vector<ElseIf> branches, BlockTree otherwise) {
  Location last = otherwise.node.where;
  ExprTree value = block_value(last, std::move(otherwise));
  for (; !branches.empty(); branches.pop_back()) {
    ElseIf &branch = branches.back();
    Location then_where = branch.then.node.where;
    ExprTree then = block_value(then_where, std::move(branch.then));
    Location whole = branches.size() == 1 ? where : Location{branch.where.begin, where.end};
    value = ternary(whole, std::move(branch.condition), std::move(then), std::move(value));
  }
  return value;
}

ExprTree Builder::size_of(Location where, ExprTree operand) {
  return make(where, SizeofExpr{std::move(operand.node)}, operand.depth);
}

ExprTree Builder::size_of(Location where, TypeTree type) {
  return make(where, SizeofType{std::move(type.node)}, type.depth);
}

ExprTree Builder::offset_of(Location where, TypeTree type, std::vector<std::string> path) {
  return make(where, Offsetof{std::move(type.node), std::move(path)}, type.depth);
}

ExprTree Builder::container_of(Location where, ExprTree pointer, TypeTree type, std::vector<std::string> path) {
  uint32_t depth = highest(pointer, type);
  return make(where, ContainerOf{std::move(pointer.node), std::move(type.node), std::move(path)}, depth);
}

ExprTree Builder::type_info(Location where, TypeTree type) {
  return make(where, Typeinfo{std::move(type.node)}, type.depth);
}

ExprTree Builder::type_argument(Location where, TypeTree type) {
  return make(where, TypeArgument{std::move(type.node)}, type.depth);
}

ExprList Builder::append(ExprList list, ExprTree element) {
  list.depth = highest(list, element);
  list.node.push_back(std::move(element.node));
  return list;
}

ExprList Builder::prepend(ExprTree element, ExprList list) {
  list.depth = highest(list, element);
  list.node.insert(list.node.begin(), std::move(element.node));
  return list;
}

// ---- Types ----

TypeTree Builder::type_of(Location where, ExprTree expr) {
  TypeTree type{{where, {}, {}}, expr.depth};
  type.node.of = std::move(expr.node);
  return type;
}

TypeTree Builder::builtin_type(Location where, const std::vector<std::string> &words) {
  TypeName type{where, words.front(), {}};
  if (words.size() == 1 && words[0] != "unsigned" && words[0] != "signed")
    return {std::move(type)};
  auto count = [&](std::string_view word) { return std::count(words.begin(), words.end(), word); };
  auto is_c_word = [](const std::string &word) {
    return word == "unsigned" || word == "signed" || word == "char" || word == "short" || word == "int" ||
           word == "long";
  };
  bool known = std::all_of(words.begin(), words.end(), is_c_word) && count("long") <= 2 && count("int") <= 1 &&
               count("unsigned") + count("signed") <= 1 && count("char") + count("short") + (count("long") > 0) <= 1 &&
               count("char") + count("int") <= 1;
  if (!known)
    diagnostics_.error(where, "'{}' is not a type", fmt::join(words, " "));
  std::string base = count("char") > 0    ? "char"
                     : count("short") > 0 ? "short"
                     : count("long") == 2 ? "long long"
                     : count("long") == 1 ? "long"
                                          : "int";
  type.name = count("unsigned") > 0                      ? "unsigned " + base
              : count("signed") > 0 && count("char") > 0 ? "signed char"
                                                         : base;
  return {std::move(type)};
}

TypeTree Builder::pointer_to(Location where, TypeTree type, uint32_t stars) {
  if (stars > 0 && !type.node.dimensions.empty())
    diagnostics_.error(where, "a pointer to an array cannot be written this way");
  uint32_t depth = type.node.pointer_depth + stars;
  if (depth > kMaxPointers)
    diagnostics_.error(where, "a type has at most {} '*'", kMaxPointers);
  type.node.where = where;
  type.node.pointer_depth = std::min(depth, kMaxPointers);
  return type;
}

TypeTree Builder::array_of(Location where, TypeTree element, uint64_t size) {
  element.node.where = where;
  if (element.node.dimensions.size() < kMaxDimensions)
    element.node.dimensions.push_back(size);
  else
    diagnostics_.error(where, "an array has at most {} dimensions", kMaxDimensions);
  return element;
}

// ---- Statements ----

StatementTree Builder::expression(Location where, ExprTree expr) {
  return statement(where, ExprStatement{std::move(expr.node), false}, expr.depth);
}

// @x[1][2]
static bool is_map_with_two_keys(const ExprTree &target) {
  const auto *index = std::get_if<Index>(&target.node->node);
  const auto *map = index ? std::get_if<Map>(&index->object->node) : nullptr;
  return map && map->key;
}

StatementTree Builder::assign(Location where, ExprTree target, std::optional<BinaryOp> op, ExprTree value) {
  // "_ = f()" says that the value is not wanted.
  if (const auto *name = std::get_if<Identifier>(&target.node->node); name && name->name == "_" && !op)
    return statement(where, ExprStatement{std::move(value.node), true}, value.depth);
  if (!is_place(target)) {
    Diagnostic &error = diagnostics_.error(target.node->where, "only a variable ($x) or a map (@x) can be assigned to");
    if (const auto *name = std::get_if<Identifier>(&target.node->node))
      error.with_hint("did you mean '$" + name->name + "' or '@" + name->name + "'?");
    else if (is_map_with_two_keys(target))
      error.with_hint("several keys stand in one pair of brackets: @x[1, 2]");
    else if (std::holds_alternative<FieldAccess>(target.node->node))
      error.with_hint("fields are only read; a whole tuple or record can be assigned: @x = (a=1, b=2)");
  }
  uint32_t depth = highest(target, value);
  return statement(where, Assign{std::move(target.node), op, std::move(value.node)}, depth);
}

StatementTree Builder::let(Location where, Token variable, std::optional<TypeTree> type, ExprTree value) {
  uint32_t depth = type ? highest(*type, value) : value.depth;
  std::optional<TypeName> written;
  if (type)
    written = std::move(type->node);
  return statement(where, Let{std::move(variable.text), std::move(written), std::move(value.node), variable.where},
                   depth);
}

// Branches fold from the last, so that an else-if is an If inside the block of the one before.
StatementTree Builder::if_chain(Location where, std::vector<ElseIf> branches, std::optional<BlockTree> otherwise) {
  for (; branches.size() > 1; branches.pop_back()) {
    ElseIf &last = branches.back();
    Location whole = {last.where.begin, where.end};
    otherwise = append({{whole, {}}, 1}, if_else(whole, std::move(last), std::move(otherwise)));
  }
  return if_else(where, std::move(branches.front()), std::move(otherwise));
}

StatementTree Builder::if_else(Location where, ElseIf branch, std::optional<BlockTree> otherwise) {
  uint32_t depth = std::max(highest(branch.condition, branch.then), otherwise ? otherwise->depth : 0);
  std::optional<Block> rest;
  if (otherwise)
    rest = std::move(otherwise->node);
  return statement(where, If{std::move(branch.condition.node), std::move(branch.then.node), std::move(rest)}, depth);
}

StatementTree Builder::while_loop(Location where, ExprTree condition, BlockTree body) {
  uint32_t depth = highest(condition, body);
  return statement(where, While{std::move(condition.node), std::move(body.node)}, depth);
}

StatementTree Builder::unroll(Location where, ExprTree count, BlockTree body) {
  uint32_t depth = highest(count, body);
  return statement(where, Unroll{std::move(count.node), std::move(body.node)}, depth);
}

StatementTree Builder::for_range(Location where, std::string variable, Range range, BlockTree body) {
  uint32_t depth = highest(range.begin, range.end, body);
  return statement(
      where,
      ForRange{std::move(variable), std::move(range.begin.node), std::move(range.end.node), std::move(body.node)},
      depth);
}

StatementTree Builder::for_map(Location where, std::string variable, ExprTree map, BlockTree body) {
  if (!holds<ast::Map>(map.node))
    diagnostics_.error(map.node->where, "a 'for' goes over a map (@x) or a range (0..10)");
  uint32_t depth = highest(map, body);
  return statement(where, ForMap{std::move(variable), std::move(map.node), std::move(body.node)}, depth);
}

StatementTree Builder::return_value(Location where, ExprTree value) {
  return statement(where, Return{std::move(value.node)}, value.depth);
}

StatementTree Builder::nested_block(BlockTree block) {
  Location where = block.node.where;
  return statement(where, std::move(block.node), block.depth);
}

BlockTree Builder::append(BlockTree block, StatementTree statement) {
  block.depth = highest(block, statement);
  block.node.statements.push_back(std::move(statement.node));
  return block;
}

BlockTree Builder::end_with(BlockTree block, StatementTree statement) {
  const auto *expression = std::get_if<ExprStatement>(&statement.node.node);
  bool is_value = expression && !expression->is_discarded;
  block = append(std::move(block), std::move(statement));
  block.node.ends_in_value = is_value;
  return block;
}

// ---- Top level ----

AttachPoint Builder::attach_point(const Token &token) {
  std::string out;
  const std::string &text = token.text;
  for (size_t i = 0; i < text.size();) {
    size_t digits = i + 1;
    while (text[i] == '$' && digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits])))
      ++digits;
    if (text[i] != '$' || digits == i + 1) {
      out += text[i++];
      continue;
    }
    // Nobody passes a thousand parameters: longer numbers are missing ones as well.
    size_t number = digits - i <= 4 ? std::stoul(text.substr(i + 1, digits - i - 1)) : 0;
    if (number == 0 || number > options_.positional_parameters.size()) {
      auto at = token.where.begin + static_cast<uint32_t>(i);
      diagnostics_
          .error({at, at + static_cast<uint32_t>(digits - i)}, "parameter {} has no value",
                 text.substr(i, std::min<size_t>(digits - i, 80)))
          .with_hint("values of parameters stand behind the script on the command line");
    } else {
      out += options_.positional_parameters[number - 1];
    }
    i = digits;
  }
  return {token.where, std::move(out)};
}

AttachPoint Builder::alternative(const Token &token) {
  AttachPoint point = attach_point(token);
  point.is_alternative = true;
  return point;
}

void Builder::probe(Location where, std::vector<AttachPoint> attach_points, ExprTree predicate, BlockTree body) {
  ExprId first = std::exchange(probe_start_, program_.expr_count);
  program_.probes.push_back(
      {where, std::move(attach_points), std::move(predicate.node), std::move(body.node), first, program_.expr_count});
}

void Builder::refuse_name(Location name) {
  diagnostics_.error(name, "names of probes are reserved").with_hint("leave out the name and the '='");
}

void Builder::macro(Location where, Token name, std::vector<MacroParameter> parameters, BlockTree body) {
  for (size_t i = 0; i < parameters.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (parameters[i].name == parameters[j].name && parameters[i].kind == parameters[j].kind)
        diagnostics_.error(parameters[i].where, "this parameter has the name of another")
            .note(parameters[j].where, "the other is here");
  Location body_where = body.node.where;
  ExprTree tree = block_value(body_where, std::move(body));
  program_.macros.push_back({where, std::move(name.text), name.where, std::move(parameters), std::move(tree.node)});
  probe_start_ = program_.expr_count;
}

const std::string *Builder::parameter_text(const Token &parameter) {
  if (parameter.value >= 1 && parameter.value <= options_.positional_parameters.size())
    return &options_.positional_parameters[parameter.value - 1];
  diagnostics_.error(parameter.where, "parameter ${} has no value", parameter.value)
      .with_hint("values of parameters stand behind the script on the command line");
  return nullptr;
}

Token Builder::parameter_as_text(Token parameter) {
  const std::string *text = parameter_text(parameter);
  parameter.text = text ? *text : "";
  return parameter;
}

Token Builder::parameter_as_integer(Token parameter) {
  const std::string *text = parameter_text(parameter);
  IntegerLiteral literal = text ? decode_integer(*text) : IntegerLiteral{1, {}};
  if (!literal.problem.empty())
    diagnostics_.error(parameter.where, "a number is needed here, but ${} is '{}'", parameter.value, *text);
  parameter.value = literal.value;
  return parameter;
}

void Builder::config_entry(Location where, const Token &key, const Token &value) {
  program_.config.push_back({where, key.text, value.text, value.where});
}

void Builder::map_declaration(Location where, const Token &map, const Token &kind, const Token &size) {
  program_.map_declarations.push_back({where, map.text, kind.text, size.value, kind.where});
}

}  // namespace sonde::parser
