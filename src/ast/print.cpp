// The tree as indented text. Each node adds one line; its children stand one space deeper.
#include "ast/print.h"

#include <fmt/format.h>

#include <utility>

#include "base/match.h"

namespace sonde::ast {
namespace {

// Strings come from scripts, so what would break a line or a terminal is written as an escape.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out + "\"";
}

std::string spelling(const TypeName &type) {
  std::string out = type.of ? "typeof(…)" : type.tag.empty() ? type.name : type.tag + " " + type.name;
  if (type.pointer_depth > 0)
    out += " " + std::string(type.pointer_depth, '*');
  for (uint64_t size : type.dimensions)
    out += size == 0 ? "[]" : fmt::format("[{}]", size);
  return out;
}

class Printer {
public:
  explicit Printer(const Annotate &annotate) : annotate_(annotate) {}

  void print(const Program &program) {
    for (const ConfigEntry &entry : program.config)
      line(fmt::format("config: {} = {}", entry.key, quoted(entry.value)));
    for (const MapDeclaration &map : program.map_declarations)
      line(fmt::format("map declaration: @{} = {}({})", map.name, map.kind, map.max_entries));
    for (const Macro &macro : program.macros)
      print(macro);
    for (const Probe &probe : program.probes)
      print(probe);
  }

  void print(const Macro &macro) {
    static constexpr std::string_view kSigils[] = {"", "$", "@"};
    std::vector<std::string> parameters;
    for (const MacroParameter &parameter : macro.parameters)
      parameters.push_back(fmt::format("{}{}", kSigils[static_cast<size_t>(parameter.kind)], parameter.name));
    line(fmt::format("macro: {}({})", macro.name, fmt::join(parameters, ", ")));
    nested([&] { print(*macro.body); });
  }

  void print(const Probe &probe) {
    for (const AttachPoint &attach_point : probe.attach_points)
      line(attach_point.text);
    nested([&] {
      if (probe.predicate)
        labelled("pred", *probe.predicate);
      print(probe.body);
    });
  }

  std::string take() { return std::move(out_); }
  void line(std::string_view text) { out_ += fmt::format("{}{}\n", std::string(depth_, ' '), text); }
  template <typename Body> void nested(Body body) {
    ++depth_;
    body();
    --depth_;
  }

private:
  // A line that names a part of the node above, then the part.
  template <typename Node> void labelled(std::string_view label, const Node &node) {
    line(label);
    nested([&] { print(node); });
  }

  void print(const std::vector<Statement> &statements) {
    for (const Statement &statement : statements)
      print(statement);
  }
  void print(const Block &block) { print(block.statements); }

  // ---- Statements ----

  void print(const Statement &statement) {
    match(statement.node, [&](const auto &node) { print_statement(node); });
  }
  void print_statement(const ExprStatement &node) {
    if (node.is_discarded)
      labelled("discard", *node.expr);
    else
      print(*node.expr);
  }
  void print_statement(const Assign &node) {
    line(node.op ? fmt::format("{}=", symbol(*node.op)) : "=");
    nested([&] {
      print(*node.target);
      print(*node.value);
    });
  }
  void print_statement(const Let &node) {
    line("let");
    nested([&] {
      line("variable: $" + node.variable);
      if (node.type)
        line("type: " + spelling(*node.type));
      if (node.type)
        nested([&] { operand(*node.type); });
      if (node.value)
        print(*node.value);
    });
  }
  void print_statement(const If &node) {
    line("if");
    nested([&] {
      print(*node.condition);
      labelled("then", node.then);
      if (node.otherwise)
        labelled("else", *node.otherwise);
    });
  }
  void print_statement(const While &node) { loop("while", *node.condition, node.body); }
  void print_statement(const Unroll &node) { loop("unroll", *node.count, node.body); }
  void print_statement(const ForRange &node) {
    line("for");
    nested([&] {
      line("variable: $" + node.variable);
      line("range");
      nested([&] {
        print(*node.begin);
        print(*node.end);
      });
      labelled("block", node.body);
    });
  }
  void print_statement(const ForMap &node) {
    line("for");
    nested([&] {
      line("variable: $" + node.variable);
      print(*node.map);
      labelled("block", node.body);
    });
  }
  void print_statement(const Return &node) {
    line("return");
    if (node.value)
      nested([&] { print(*node.value); });
  }
  void print_statement(const Break &) { line("break"); }
  void print_statement(const Continue &) { line("continue"); }
  void print_statement(const Block &node) { labelled("block", node); }

  void loop(std::string_view name, const Expr &head, const Block &body) {
    line(name);
    nested([&] {
      print(head);
      labelled("block", body);
    });
  }

  // ---- Expressions: a line, then the operands ----

  void print(const Expr &expr) {
    const Expr *outer = std::exchange(current_, &expr);
    match(expr.node, [&](const auto &node) { print_expr(node); });
    current_ = outer;
  }
  void head(std::string_view text) {
    line(annotate_ ? fmt::format("{}{}", text, annotate_(*current_)) : std::string(text));
  }
  template <typename... Operands> void node(std::string_view text, const Operands &...operands) {
    head(text);
    nested([&] { (print(*operands), ...); });
  }
  void list(std::string_view text, const std::vector<ExprPtr> &elements) {
    head(text);
    nested([&] {
      for (const ExprPtr &element : elements)
        print(*element);
    });
  }

  // What a typeof(…) is of.
  void operand(const TypeName &type) {
    if (type.of)
      print(*type.of);
  }
  void typed(std::string_view what, const TypeName &type, std::string_view rest = "") {
    head(fmt::format("{}: {}{}", what, spelling(type), rest));
    nested([&] { operand(type); });
  }

  void print_expr(const Integer &n) { head("int: " + (n.text.empty() ? fmt::to_string(n.value) : n.text)); }
  void print_expr(const Boolean &n) { head(n.value ? "bool: true" : "bool: false"); }
  void print_expr(const String &n) { head("string: " + quoted(n.value)); }
  void print_expr(const Identifier &n) { head("builtin: " + n.name); }
  void print_expr(const PositionalParameter &n) { head(fmt::format("param: ${}", n.index)); }
  void print_expr(const ParameterCount &) { head("param: $#"); }
  void print_expr(const Variable &n) { head("variable: $" + n.name); }
  void print_expr(const Map &n) {
    head("map: @" + n.name);
    if (n.key)
      nested([&] { print(*n.key); });
  }
  void print_expr(const Call &n) { list("call: " + n.name, n.arguments); }
  void print_expr(const Unary &n) { node(n.op == UnaryOp::Dereference ? "dereference" : symbol(n.op), n.operand); }
  void print_expr(const Binary &n) { node(symbol(n.op), n.left, n.right); }
  void print_expr(const IncrementDecrement &n) {
    node(fmt::format("{}{}", n.increment ? "++" : "--", n.prefix ? " (before)" : " (after)"), n.target);
  }
  void print_expr(const Ternary &n) {
    if (n.then)
      node("?:", n.condition, n.then, n.otherwise);
    else
      node("?:", n.condition, n.otherwise);
  }
  void print_expr(const Cast &n) {
    head("(" + spelling(n.type) + ")");
    nested([&] {
      operand(n.type);
      print(*n.operand);
    });
  }
  void print_expr(const FieldAccess &n) { node((n.arrow ? "-> " : ". ") + n.field, n.object); }
  void print_expr(const Index &n) { node("[]", n.object, n.index); }
  void print_expr(const Tuple &n) {
    list(n.names.empty() ? "tuple" : fmt::format("record: {}", fmt::join(n.names, ", ")), n.elements);
  }
  void print_expr(const SizeofType &n) { typed("sizeof", n.type); }
  void print_expr(const SizeofExpr &n) { node("sizeof", n.operand); }
  void print_expr(const Offsetof &n) { typed("offsetof", n.type, fmt::format(", {}", fmt::join(n.path, "."))); }
  void print_expr(const ContainerOf &n) {
    typed("container_of", n.type, fmt::format(", {}", fmt::join(n.path, ".")));
    nested([&] { print(*n.pointer); });
  }
  void print_expr(const Typeinfo &n) { typed("typeinfo", n.type); }
  void print_expr(const Comptime &n) { node("comptime", n.operand); }
  void print_expr(const TypeArgument &n) { typed("type", n.type); }
  void print_expr(const BlockExpr &n) {
    head(n.expansion ? "macro: " + n.expansion->macro : "block");
    nested([&] {
      print(n.statements);
      if (n.result)
        labelled("value", *n.result);
    });
  }

  const Annotate &annotate_;
  const Expr *current_ = nullptr;
  std::string out_;
  size_t depth_ = 0;
};

}  // namespace

std::string print(const Program &program) {
  Annotate none;
  Printer printer(none);
  printer.line("Program");
  printer.nested([&] { printer.print(program); });
  return printer.take();
}

std::string print(const Probe &probe, const Annotate &annotate) {
  Printer printer(annotate);
  printer.nested([&] { printer.print(probe); });
  return printer.take();
}

}  // namespace sonde::ast
