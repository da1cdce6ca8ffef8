// Identifiers and calls: which builtin they name and whether it may stand there.
#include <algorithm>
#include <array>

#include "base/match.h"
#include "base/text.h"
#include "sema/builtin_use.h"
#include "sema/type_checker.h"

namespace sonde::sema {
namespace {

using builtins::Builtin;
using builtins::Form;

std::string count_text(const Builtin &builtin) {
  uint32_t least = builtin.min_arguments, most = builtin.max_arguments;
  if (most == 0)
    return "no arguments";
  if (most == builtins::kAnyCount)
    return fmt::format("{} or more arguments", least);
  if (least == most)
    return fmt::format("{} argument{}", most, most == 1 ? "" : "s");
  return fmt::format("{} to {} arguments", least, most);
}

// Functions of C that scripts call as if they were there, and what does their work here.
struct FunctionOfC {
  std::string_view name, instead;
};
constexpr std::string_view kOtherOrder = "bswap(n) is the integer with its bytes in the other order";
constexpr std::array kFunctionsOfC = {
    FunctionOfC{"ntohs", kOtherOrder},
    FunctionOfC{"ntohl", kOtherOrder},
    FunctionOfC{"htons", kOtherOrder},
    FunctionOfC{"htonl", kOtherOrder},
    FunctionOfC{"strcmp", "strings are compared by == and !="},
    FunctionOfC{"puts", "printf(\"…\\n\") prints a text, print(x) a value of any type"},
};

}  // namespace

void TypeChecker::check_node(const ast::Identifier &identifier, const ast::Expr &expr, ExprInfo &info) {
  auto [builtin, number] = builtins_.find(identifier.name);
  if (!builtin) {
    if (!check_constant(identifier.name, expr.where, info))
      report_unknown_identifier(identifier.name, expr.where);
    return;
  }
  if (builtin->form != Form::Value || builtin->min_arguments > 0) {
    error(expr.where, fmt::format("'{}' is a function", builtin->name)).with_hint(std::string(builtin->signature));
    return;
  }
  info.builtin = builtin;
  info.number = number;
  BuiltinUse use(*this, *builtin, expr, nullptr, number);
  info.type = builtin->check(use);
}

bool TypeChecker::check_constant(const std::string &name, Location where, ExprInfo &info) {
  std::optional<TypeSource::NamedConstant> constant = analysis_.types->constant(name);
  if (!constant)
    return false;
  if (constant->is_of_kernel && !kernel_.is_the_one())
    add_use(analysis_.kernel_uses, {image::KernelUseKind::Enumerator, name, "",
                                    std::to_string(std::get<int64_t>(constant->value)), where, guards_});
  match(
      constant->value,
      [&](const std::string &text) {
        info.type = Type::string(static_cast<uint32_t>(text.size()) + 1);
        info.text = text;
      },
      [&](int64_t value) { set_constant(info, static_cast<uint64_t>(value)); },
      [&](uint64_t value) {
        info.type = Type::uint64();
        info.constant = value;
      });
  if (constant->type.kind == TypeKind::Enum)
    info.type = std::move(constant->type);
  return true;
}

void TypeChecker::check_node(const ast::Call &call, const ast::Expr &expr, ExprInfo &info) {
  check_call(call, expr, info, Use::Value);
}

void TypeChecker::check_call(const ast::Call &call, const ast::Expr &expr, ExprInfo &info, Use use) {
  auto [builtin, number] = builtins_.find(call.name);
  if (!builtin) {
    report_unknown_function(call.name, call.name_where);
    return;
  }
  info.builtin = builtin;
  info.number = number;
  if (!check_use(*builtin, expr.where, use) || !check_count(*builtin, call, expr.where))
    return;
  BuiltinUse builtin_use(*this, *builtin, expr, &call.arguments, number);
  info.type = builtin->check(builtin_use);
}

bool TypeChecker::check_use(const Builtin &builtin, Location where, Use use) {
  if (builtin.form == Form::Aggregation && use != Use::Aggregation) {
    error(where, fmt::format("{}() must be assigned directly to a map", builtin.name))
        .with_hint(fmt::format("@name = {}", builtin.signature));
    return false;
  }
  if (builtin.form == Form::Statement && use != Use::Effect) {
    error(where, fmt::format("{}() gives no value", builtin.name)).with_hint("it is a statement of its own");
    return false;
  }
  return true;
}

bool TypeChecker::check_count(const Builtin &builtin, const ast::Call &call, Location where) {
  size_t given = call.arguments.size();
  if (given >= builtin.min_arguments && given <= builtin.max_arguments)
    return true;
  error(where, fmt::format("{}() takes {}, but {} {} given", builtin.name, count_text(builtin), given,
                           given == 1 ? "is" : "are"))
      .with_hint(std::string(builtin.signature));
  return false;
}

void TypeChecker::report_unknown_identifier(const std::string &name, Location where) {
  Diagnostic &report = error(where, fmt::format("Unknown identifier: '{}'", name));
  bool is_stack_argument =
      name.size() > 4 && name.starts_with("sarg") && name.find_first_not_of("0123456789", 4) == std::string::npos;
  bool is_null = name == "NULL" || name == "null" || name == "nullptr";
  std::string hint = is_null ? "a null pointer is 0: $p == 0"
                     : is_stack_argument
                         ? "bpftrace gave sarg0, sarg1, … up; *(uint64 *)(reg(\"sp\") + 8) reads the stack"
                     : find_variable(name) ? fmt::format("variables are written with a $: ${}", name)
                                           : did_you_mean(name, builtins_.names(false));
  report.with_hint(hint);
}

void TypeChecker::report_unknown_function(const std::string &name, Location where) {
  auto known = std::find_if(kFunctionsOfC.begin(), kFunctionsOfC.end(),
                            [&](const FunctionOfC &function) { return function.name == name; });
  error(where, fmt::format("Unknown function: '{}'", name))
      .with_hint(known == kFunctionsOfC.end() ? did_you_mean(name, builtins_.names(true))
                                              : std::string(known->instead));
}

}  // namespace sonde::sema
