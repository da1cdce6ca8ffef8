// Copies the program; where the copy meets a macro's name it goes on inside the macro's body.
#include "sema/expand_macros.h"

#include <algorithm>
#include <unordered_map>

#include "ast/children.h"
#include "ast/clone.h"
#include "base/match.h"
#include "sema/builtin_lookup.h"

namespace sonde::sema {
namespace {

using ast::Macro;
using ast::MacroParameter;
using Kind = MacroParameter::Kind;

// As deep as scripts may nest by themselves (parser/builder.h), and far more than anybody writes.
constexpr uint32_t kMaxDepth = 300;
constexpr ast::ExprId kMaxExpressions = 500'000;

constexpr char kOwn = '\'';  // between a variable's name and the number of the use that made it

std::string spelled(const MacroParameter &parameter) {
  static constexpr std::string_view kSigils[] = {"", "$", "@"};
  return fmt::format("{}{}", kSigils[static_cast<size_t>(parameter.kind)], parameter.name);
}

std::string signature(const Macro &macro) {
  std::vector<std::string> parameters;
  for (const MacroParameter &parameter : macro.parameters)
    parameters.push_back(spelled(parameter));
  return fmt::format("{}({})", macro.name, fmt::join(parameters, ", "));
}

std::string arguments_text(size_t count) { return fmt::format("{} argument{}", count, count == 1 ? "" : "s"); }

// ---- Definitions ----

class MacroTable {
public:
  MacroTable(const std::vector<Macro> &macros, Diagnostics &diagnostics) : diagnostics_(diagnostics) {
    for (const Macro &macro : macros)
      add(macro);
  }

  // All of that name, or null.
  const std::vector<const Macro *> *find(const std::string &name) const {
    auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
  }

private:
  void add(const Macro &macro) {
    std::vector<const Macro *> &others = by_name_[macro.name];
    for (const Macro *other : others)
      if (other->parameters.size() == macro.parameters.size()) {
        diagnostics_
            .error(macro.name_where, "there is a macro '{}' with {} already", macro.name,
                   arguments_text(macro.parameters.size()))
            .note(other->name_where, "the other is here");
        return;
      }
    others.push_back(&macro);
    check_maps(macro, *macro.body);
  }

  template <typename Node> void check_maps(const Macro &macro, const Node &node) {
    ast::for_each_part(node, [&](const auto &part) { check_maps(macro, part); });
    if constexpr (std::is_same_v<Node, ast::Expr>)
      if (const auto *map = std::get_if<ast::Map>(&node.node))
        require_parameter(macro, map->name, node.where);
  }

  void require_parameter(const Macro &macro, const std::string &map, Location where) {
    auto is_it = [&](const MacroParameter &parameter) { return parameter.kind == Kind::Map && parameter.name == map; };
    if (std::none_of(macro.parameters.begin(), macro.parameters.end(), is_it))
      diagnostics_.error(where, "@{} is not a parameter of the macro '{}'", map, macro.name)
          .with_hint(fmt::format("a macro uses only maps that are passed to it: macro {}({}@{})", macro.name,
                                 macro.parameters.empty() ? "" : "…, ", map));
  }

  Diagnostics &diagnostics_;
  std::unordered_map<std::string, std::vector<const Macro *>> by_name_;
};

// ---- Uses ----

// One use while its body is copied. Arguments belong to the place of the use, whose frame is `outer`.
struct Frame {
  const Macro &macro;
  const std::vector<ast::ExprPtr> &arguments;
  const Frame *outer;
  uint32_t number;
  Location use;

  // The argument for a parameter, or null when there is none of that name and kind.
  const ast::Expr *argument(Kind kind, const std::string &name) const {
    for (size_t i = 0; i < macro.parameters.size(); ++i)
      if (macro.parameters[i].kind == kind && macro.parameters[i].name == name)
        return arguments[i].get();
    return nullptr;
  }
};

class Expander : public ast::Cloner {
public:
  Expander(const MacroTable &macros, builtins::Table builtins, ast::ExprId &next, Diagnostics &diagnostics)
      : Cloner(next), macros_(macros), builtins_(builtins), next_id_(next), diagnostics_(diagnostics) {}

  using Cloner::clone;

  ast::ExprPtr clone(const ast::Expr &expr) override {
    Depth depth(*this);
    if (too_much(expr.where))
      return make(expr.where, ast::Integer{});
    if (const auto *name = std::get_if<ast::Identifier>(&expr.node))
      return clone_name(expr, *name);
    if (const auto *call = std::get_if<ast::Call>(&expr.node))
      if (const auto *candidates = macros_.find(call->name))
        return expand(expr, *candidates, call->arguments);
    if (const auto *size = std::get_if<ast::SizeofExpr>(&expr.node))
      if (auto type = type_argument(*size->operand))
        return make(expr.where, ast::SizeofType{std::move(*type)});
    return Cloner::clone(expr);
  }

  ast::Statement clone(const ast::Statement &statement) override {
    Depth depth(*this);
    return Cloner::clone(statement);
  }

protected:
  std::string variable(const std::string &name) override { return variable_in(frame_, name); }

  std::string map(const std::string &name) override {
    const Frame *frame = frame_;
    std::string result = name;
    for (; frame; frame = frame->outer)
      if (const ast::Expr *argument = frame->argument(Kind::Map, result))
        result = std::get<ast::Map>(argument->node).name;
    return result;
  }

  // (T)x and offsetof(T, f), where T is a parameter.
  ast::TypeName type(const ast::TypeName &name) override {
    auto argument = frame_ && name.tag.empty() && !name.of ? type_argument(name.name, name.where) : std::nullopt;
    if (!argument)
      return Cloner::type(name);
    argument->pointer_depth += name.pointer_depth;
    argument->dimensions.insert(argument->dimensions.end(), name.dimensions.begin(), name.dimensions.end());
    return std::move(*argument);
  }

private:
  struct Depth {
    explicit Depth(Expander &expander) : owner(expander) { ++owner.depth_; }
    ~Depth() { --owner.depth_; }
    Depth(const Depth &) = delete;
    Depth &operator=(const Depth &) = delete;
    Expander &owner;
  };

  // Copies with `frame` as what names mean.
  template <typename Copy> auto inside(const Frame *frame, Copy copy) {
    const Frame *before = std::exchange(frame_, frame);
    auto result = copy();
    frame_ = before;
    return result;
  }

  bool too_much(Location where) {
    if (gave_up_ || (depth_ <= kMaxDepth && next_id_ <= kMaxExpressions))
      return gave_up_;
    gave_up_ = true;
    const Frame *outermost = frame_;
    while (outermost && outermost->outer)
      outermost = outermost->outer;
    diagnostics_.error(outermost ? outermost->use : where, "with its macros, this is too large or nested too deeply");
    return true;
  }

  static std::string variable_in(const Frame *frame, const std::string &name) {
    if (!frame)
      return name;
    if (const ast::Expr *argument = frame->argument(Kind::Variable, name))
      return variable_in(frame->outer, std::get<ast::Variable>(argument->node).name);
    return fmt::format("{}{}{}", name, kOwn, frame->number);
  }

  // A type that was passed as `name`: written as such, or as the name of a typedef.
  std::optional<ast::TypeName> type_argument(const std::string &name, Location where) {
    const ast::Expr *argument = frame_ ? frame_->argument(Kind::Expression, name) : nullptr;
    if (!argument)
      return std::nullopt;
    return inside(frame_->outer, [&]() -> std::optional<ast::TypeName> {
      if (const auto *type_node = std::get_if<ast::TypeArgument>(&argument->node))
        return type(type_node->type);
      const auto *typedef_name = std::get_if<ast::Identifier>(&argument->node);
      if (!typedef_name)
        return std::nullopt;
      if (auto passed_on = type_argument(typedef_name->name, where))
        return passed_on;
      return ast::TypeName{argument->where, typedef_name->name, {}};
    });
  }
  std::optional<ast::TypeName> type_argument(const ast::Expr &expr) {
    const auto *name = std::get_if<ast::Identifier>(&expr.node);
    const ast::Expr *argument = name && frame_ ? frame_->argument(Kind::Expression, name->name) : nullptr;
    bool is_type = argument && std::holds_alternative<ast::TypeArgument>(argument->node);
    return is_type ? type_argument(name->name, expr.where) : std::nullopt;
  }

  ast::ExprPtr clone_name(const ast::Expr &expr, const ast::Identifier &name) {
    if (const ast::Expr *argument = frame_ ? frame_->argument(Kind::Expression, name.name) : nullptr)
      return inside(frame_->outer, [&] { return clone(*argument); });
    const auto *candidates = builtins_.find(name.name).builtin ? nullptr : macros_.find(name.name);
    return candidates ? expand(expr, *candidates, kNoArguments) : Cloner::clone(expr);
  }

  ast::ExprPtr expand(const ast::Expr &use, const std::vector<const Macro *> &candidates,
                      const std::vector<ast::ExprPtr> &arguments) {
    auto found = std::find_if(candidates.begin(), candidates.end(),
                              [&](const Macro *macro) { return macro->parameters.size() == arguments.size(); });
    if (found == candidates.end())
      report_count(use, candidates, arguments.size());
    else if (is_active(**found))
      report_recursion(use, **found);
    else if (takes(**found, arguments))
      return expand(use, **found, arguments);
    return make(use.where, ast::Integer{});
  }

  ast::ExprPtr expand(const ast::Expr &use, const Macro &macro, const std::vector<ast::ExprPtr> &arguments) {
    Frame frame{macro, arguments, frame_, ++uses_, use.where};
    return inside(&frame, [&] {
      const auto &body = std::get<ast::BlockExpr>(macro.body->node);
      std::vector<ast::Statement> statements = clone(body.statements);
      ast::ExprPtr result = clone(body.result);
      return make(use.where, ast::BlockExpr{std::move(statements), std::move(result),
                                            ast::Expansion{macro.name, use.where, macro.where}});
    });
  }

  bool is_active(const Macro &macro) const {
    for (const Frame *frame = frame_; frame; frame = frame->outer)
      if (&frame->macro == &macro)
        return true;
    return false;
  }

  void report_recursion(const ast::Expr &use, const Macro &macro) {
    if (!recursive_.insert({&macro, true}).second)
      return;
    Diagnostic &error = diagnostics_.error(use.where, "the macro '{}' uses itself", macro.name);
    for (const Frame *frame = frame_; frame && &frame->macro != &macro; frame = frame->outer)
      error.note(frame->use, fmt::format("by way of '{}', used here", frame->macro.name));
    error.with_hint("a macro is put in place of its use, so it cannot hold itself; a loop repeats");
  }

  void report_count(const ast::Expr &use, const std::vector<const Macro *> &candidates, size_t given) {
    const Macro &macro = *candidates.front();
    Diagnostic &error = diagnostics_.error(use.where, "the macro '{}' takes {}, but {} {} given", macro.name,
                                           candidates.size() > 1 ? "other numbers of arguments"
                                                                 : arguments_text(macro.parameters.size()),
                                           given, given == 1 ? "is" : "are");
    for (const Macro *candidate : candidates)
      error.note(candidate->name_where, "it is " + signature(*candidate));
  }

  bool takes(const Macro &macro, const std::vector<ast::ExprPtr> &arguments) {
    bool fits = true;
    for (size_t i = 0; i < arguments.size(); ++i)
      fits = check_argument(macro, macro.parameters[i], *arguments[i]) && fits;
    return fits;
  }

  bool check_argument(const Macro &macro, const MacroParameter &parameter, const ast::Expr &argument) {
    const auto *map = std::get_if<ast::Map>(&argument.node);
    std::string_view wanted;
    if (parameter.kind == Kind::Variable && !std::holds_alternative<ast::Variable>(argument.node))
      wanted = "a variable";
    else if (parameter.kind == Kind::Map && !(map && !map->key))
      wanted = map ? "a whole map, without a key," : "a map";
    if (wanted.empty())
      return true;
    diagnostics_.error(argument.where, "the macro '{}' takes {} as its {}", macro.name, wanted, spelled(parameter))
        .note(parameter.where, "the parameter is this one");
    return false;
  }

  static inline const std::vector<ast::ExprPtr> kNoArguments;

  const MacroTable &macros_;
  BuiltinLookup builtins_;
  ast::ExprId &next_id_;
  Diagnostics &diagnostics_;
  const Frame *frame_ = nullptr;
  std::unordered_map<const Macro *, bool> recursive_;  // reported
  uint32_t uses_ = 0;
  uint32_t depth_ = 0;
  bool gave_up_ = false;
};

}  // namespace

ast::Program expand_macros(ast::Program program, builtins::Table builtins, Diagnostics &diagnostics) {
  if (program.macros.empty())
    return program;
  MacroTable macros(program.macros, diagnostics);
  ast::Program result;
  Expander expander(macros, builtins, result.expr_count, diagnostics);
  for (const ast::Probe &probe : program.probes) {
    ast::ExprId first = result.expr_count;
    ast::ExprPtr predicate = expander.clone(probe.predicate);
    ast::Block body = expander.clone(probe.body);
    result.probes.push_back(
        {probe.where, probe.attach_points, std::move(predicate), std::move(body), first, result.expr_count});
  }
  result.config = std::move(program.config);
  result.map_declarations = std::move(program.map_declarations);
  return result;
}

std::string_view written_name(std::string_view variable) { return variable.substr(0, variable.find(kOwn)); }

}  // namespace sonde::sema
