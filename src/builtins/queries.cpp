// What is known while compiling: the kinds of expressions, and which functions the kernel offers programs.
#include "builtins/families.h"
#include "codegen/emitter.h"
#include "kernel/type_shape.h"
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

// ---- has_field, has_type, has_func ----

// struct NAME as an argument, without a suffix that makes it one of several descriptions.
std::optional<ast::TypeName> kernel_type(BuiltinUse &use, bool may_be_enum) {
  const auto *argument = std::get_if<ast::TypeArgument>(&use.argument(0).node);
  bool fits = argument && !argument->type.tag.empty() && argument->type.pointer_depth == 0 &&
              argument->type.dimensions.empty() && (may_be_enum || argument->type.tag != "enum");
  if (!fits) {
    use.error(use.where(0), fmt::format("{}() takes a struct or union{} of the kernel here", use.builtin().name,
                                        may_be_enum ? " or enum" : ""))
        .with_hint(std::string(use.builtin().signature));
    return std::nullopt;
  }
  ast::TypeName type = argument->type;
  type.name = kernel::without_flavour(type.name);
  if (auto found = use.kernel().type(type.tag + " " + type.name); !found) {
    use.error(use.where(0), fmt::format("the types of the kernel cannot be looked up: {}", found.error().cause))
        .with_hint(found.error().hint);
    return std::nullopt;
  }
  return type;
}

// "a.b" as written; empty for what is no name of a field.
std::string field_way(const ast::Expr &expr) {
  if (const auto *name = std::get_if<ast::Identifier>(&expr.node))
    return name->name;
  const auto *access = std::get_if<ast::FieldAccess>(&expr.node);
  std::string outer = access ? field_way(*access->object) : "";
  return outer.empty() ? "" : outer + "." + access->field;
}

Type check_has_field(BuiltinUse &use) {
  std::optional<ast::TypeName> type = kernel_type(use, /*may_be_enum=*/false);
  std::string way = field_way(use.argument(1));
  if (way.empty())
    use.error(use.where(1), "has_field() takes the name of a field here").with_hint("like pid, or signal.rlim");
  if (type && !way.empty())
    use.asks({image::KernelUseKind::FieldExists, type->name, way},
             kernel::find_way(type->name, way, use.kernel()).has_value());
  return Type::boolean();
}

// A name without a tag is that of a typedef: two kinds of types, two spaces of names.
Type check_has_typedef(BuiltinUse &use, const std::string &name) {
  std::string asked = "typedef " + name;
  bool is_there = kernel::has_type(asked, use.kernel());
  if (!is_there &&
      (kernel::has_type("struct " + name, use.kernel()) || kernel::has_type("union " + name, use.kernel())))
    use.error(use.where(0), fmt::format("'{}' is no typedef of the kernel, but a struct or union", name))
        .with_hint(fmt::format("has_type(struct {})", name));
  use.asks({image::KernelUseKind::TypedefExists, asked, ""}, is_there);
  return Type::boolean();
}

Type check_has_type(BuiltinUse &use) {
  const auto *name = std::get_if<ast::Identifier>(&use.argument(0).node);
  if (name && !use.is_builtin(name->name))
    return check_has_typedef(use, name->name);
  if (std::optional<ast::TypeName> type = kernel_type(use, /*may_be_enum=*/true)) {
    std::string name = type->tag + " " + type->name;
    use.asks({image::KernelUseKind::TypeExists, name, ""}, kernel::has_type(name, use.kernel()));
  }
  return Type::boolean();
}

Type check_has_func(BuiltinUse &use) {
  const auto *written = std::get_if<ast::Identifier>(&use.argument(0).node);
  std::optional<std::string> name = written ? written->name : use.literal(0);
  if (name)
    use.asks({image::KernelUseKind::FunctionExists, *name, ""},
             use.kernel().is_the_one() && kernel::has_function(*name, use.kernel()));
  return Type::boolean();
}

llvm::Value *emit_answer(Emitter &e, const BuiltinSite &site) {
  if (site.info.constant)
    return e.constant(*site.info.constant, 8);
  return e.kernel_answer(e.analysis().questions[site.info.question], site.expr.where);
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
    {"has_field", Form::Function, 2, 2, "has_field(struct T, field)",
     "True if the kernel's struct or union has that field. What a branch reads behind it need not exist elsewhere.",
     check_has_field, emit_answer},
    {"has_type", Form::Function, 1, 1, "has_type(struct T)",
     "True if the kernel has that struct, union or enum, or, of a name alone, typedef.", check_has_type, emit_answer},
    {"has_func", Form::Function, 1, 1, "has_func(name)",
     "True if the kernel has a function of that name, described by its types or not.", check_has_func, emit_answer},
};

}  // namespace

std::span<const Builtin> query_builtins() { return kRows; }

}  // namespace sonde::builtins
