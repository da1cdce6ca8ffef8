// What is known while compiling: the kinds of expressions, and which functions the kernel offers programs.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "sema/builtin_use.h"

namespace sonde::builtins {
namespace {

using codegen::BuiltinSite;
using codegen::Emitter;
using sema::BuiltinUse;

bool is_integer(const Type &type) { return type.is_integer() || type.kind == TypeKind::Enum; }
bool is_unsigned_integer(const Type &type) { return is_integer(type) && !type.is_signed; }
bool is_string(const Type &type) { return type.is_string(); }
bool is_pointer(const Type &type) { return type.is_pointer(); }
bool is_array(const Type &type) { return type.kind == TypeKind::Array; }

template <bool (*is_kind)(const Type &)> Type check_kind(BuiltinUse &use) {
  // Not of a map or variable whose type is still to be found.
  if (Type type = use.value(0); !type.is_none())
    use.known_to_be(is_kind(type));
  return Type::boolean();
}

Type check_is_literal(BuiltinUse &use) {
  use.value(0);
  const auto &node = use.argument(0).node;
  use.known_to_be(std::holds_alternative<ast::Integer>(node) || std::holds_alternative<ast::Boolean>(node) ||
                  std::holds_alternative<ast::String>(node));
  return Type::boolean();
}

Type check_kfunc_exist(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  auto prototype = use.kernel().function_prototype({name.value_or(""), {}});
  if (use.kernel().is_the_one())
    use.known_to_be(prototype && prototype->has_value());
  return Type::boolean();
}
llvm::Value *emit_kfunc_exist(Emitter &e, const BuiltinSite &site) {
  return e.ir().CreateTrunc(e.parameter(image::ParameterKind::FunctionExists, *e.info(site.argument(0)).text),
                            e.ir().getInt8Ty());
}

Type check_kfunc_allowed(BuiltinUse &use) {
  std::optional<std::string> name = use.literal(0);
  if (use.kernel().is_the_one())
    use.known_to_be(name && use.kernel().programs_may_call(*name, use.provider().section()));
  return Type::boolean();
}
llvm::Value *emit_kfunc_allowed(Emitter &e, const BuiltinSite &site) {
  std::string asked = fmt::format("{} {}", e.unit().provider->section(), *e.info(site.argument(0)).text);
  return e.ir().CreateTrunc(e.parameter(image::ParameterKind::FunctionAllowed, asked), e.ir().getInt8Ty());
}

constexpr Builtin kRows[] = {
    {"is_integer", Form::Function, 1, 1, "is_integer(expression)", "True if the expression is an integer.",
     check_kind<is_integer>, emit_known},
    {"is_unsigned_integer", Form::Function, 1, 1, "is_unsigned_integer(expression)",
     "True if the expression is an integer without a sign.", check_kind<is_unsigned_integer>, emit_known},
    {"is_str", Form::Function, 1, 1, "is_str(expression)", "True if the expression is a string.", check_kind<is_string>,
     emit_known},
    {"is_ptr", Form::Function, 1, 1, "is_ptr(expression)", "True if the expression is a pointer.",
     check_kind<is_pointer>, emit_known},
    {"is_array", Form::Function, 1, 1, "is_array(expression)", "True if the expression is an array.",
     check_kind<is_array>, emit_known},
    {"is_literal", Form::Function, 1, 1, "is_literal(expression)",
     "True if the expression is written out: a number, a string, true or false.", check_is_literal, emit_known},
    {"kfunc_exist", Form::Function, 1, 1, "kfunc_exist(\"name\")",
     "True if the kernel describes a function of that name.", check_kfunc_exist, emit_kfunc_exist},
    {"kfunc_allowed", Form::Function, 1, 1, "kfunc_allowed(\"name\")",
     "True if the probe's program may call this function of the kernel.", check_kfunc_allowed, emit_kfunc_allowed},
};

}  // namespace

std::span<const Builtin> query_builtins() { return kRows; }

}  // namespace sonde::builtins
