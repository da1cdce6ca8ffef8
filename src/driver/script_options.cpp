// Options are found in the tree, before anything is asked of the kernel: --help works everywhere.
#include "driver/script_options.h"

#include <algorithm>
#include <limits>

#include "ast/children.h"
#include "base/text.h"

namespace sonde::driver {
namespace {

using image::ScriptOption;

constexpr char kUsage[] = "getopt(\"name\" [, default [, \"description\"]])";

ScriptOption boolean_option(bool value) {
  ScriptOption option;
  option.type = Type::boolean();
  option.number = value;
  return option;
}

ScriptOption integer_option(int64_t value) {
  ScriptOption option;
  option.type = Type::int64();
  option.number = value;
  return option;
}

void set_text(ScriptOption &option, std::string text) {
  option.type = Type::string(static_cast<uint32_t>(text.size() + 1));
  option.text = std::move(text);
}

// An option with the literal as its default, or nothing for what is no literal.
std::optional<ScriptOption> option_of_default(const ast::Expr &literal) {
  if (const auto *boolean = std::get_if<ast::Boolean>(&literal.node))
    return boolean_option(boolean->value);
  if (const auto *integer = std::get_if<ast::Integer>(&literal.node))
    return integer_option(static_cast<int64_t>(integer->value));
  if (const auto *string = std::get_if<ast::String>(&literal.node)) {
    ScriptOption option;
    set_text(option, string->value);
    return option;
  }
  const auto *unary = std::get_if<ast::Unary>(&literal.node);
  const auto *number = unary ? std::get_if<ast::Integer>(&unary->operand->node) : nullptr;
  if (!number || unary->op != ast::UnaryOp::Negate)
    return std::nullopt;
  return integer_option(static_cast<int64_t>(0 - number->value));
}

bool same_default(const ScriptOption &a, const ScriptOption &b) {
  return a.type.kind == b.type.kind && a.number == b.number && a.text == b.text;
}

class Collector {
public:
  explicit Collector(Diagnostics &diagnostics) : diagnostics_(diagnostics) {}

  template <typename Node> void walk(const Node &node) {
    if constexpr (std::is_same_v<Node, ast::Expr>)
      if (const auto *call = std::get_if<ast::Call>(&node.node); call && call->name == "getopt")
        add(*call, node.where);
    ast::for_each_part(node, [&](const auto &part) { walk(part); });
  }

  std::vector<ScriptOption> take() { return std::move(options_); }

private:
  void add(const ast::Call &call, Location where) {
    if (call.arguments.empty() || call.arguments.size() > 3) {
      diagnostics_.error(where, "getopt() takes 1 to 3 arguments").with_hint(kUsage);
      return;
    }
    std::optional<std::string> name = literal_text(*call.arguments[0]);
    std::optional<ScriptOption> option = boolean_option(false);
    if (call.arguments.size() > 1 && !(option = option_of_default(*call.arguments[1])))
      diagnostics_
          .error(call.arguments[1]->where, "the default of an option is a literal: a number, a string or a bool")
          .with_hint(kUsage);
    std::optional<std::string> description = std::string();
    if (call.arguments.size() > 2)
      description = literal_text(*call.arguments[2]);
    if (!name || !option || !description)
      return;
    option->name = std::move(*name);
    option->description = std::move(*description);
    if (option->name.empty() || option->name.find_first_of("= \t\n") != std::string::npos)
      diagnostics_.error(call.arguments[0]->where, "this cannot be the name of an option");
    else
      add(std::move(*option), where);
  }

  void add(ScriptOption option, Location where) {
    auto same = [&](const ScriptOption &other) { return other.name == option.name; };
    auto earlier = std::find_if(options_.begin(), options_.end(), same);
    if (earlier == options_.end()) {
      options_.push_back(std::move(option));
      places_.push_back(where);
      return;
    }
    if (!same_default(*earlier, option))
      diagnostics_.error(where, "the option '{}' has another default here than elsewhere", option.name)
          .note(places_[earlier - options_.begin()], "the other is here")
          .with_hint(fmt::format("a macro keeps them together: macro {}() {{ getopt(…) }}", option.name));
    if (earlier->description.empty())
      earlier->description = std::move(option.description);
  }

  std::optional<std::string> literal_text(const ast::Expr &expr) {
    if (const auto *string = std::get_if<ast::String>(&expr.node))
      return string->value;
    diagnostics_.error(expr.where, "getopt() needs a string literal here").with_hint(kUsage);
    return std::nullopt;
  }

  Diagnostics &diagnostics_;
  std::vector<ScriptOption> options_;
  std::vector<Location> places_;  // parallel
};

}  // namespace

std::vector<ScriptOption> collect_options(const ast::Program &program, Diagnostics &diagnostics) {
  Collector collector(diagnostics);
  for (const ast::Probe &probe : program.probes) {
    if (probe.predicate)
      collector.walk(*probe.predicate);
    for (const ast::Statement &statement : probe.body.statements)
      collector.walk(statement);
  }
  return collector.take();
}

std::string options_help(const std::vector<ScriptOption> &options, const std::string &script) {
  std::string text = fmt::format("Usage: sonde {} -- [OPTIONS]\n", script);
  if (options.empty())
    return text + "\nThis script has no options of its own.\n";
  return text + "\nOptions of the script:\n" + image::options_help(options);
}

}  // namespace sonde::driver
